import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist/**', 'test/conformance/app*/**', 'test/conformance/*.mjs', '.tap/**', '.cache/**'] }),
  {
    files: ['**/*.ts'],
    rules: {
      // Names that Next.js chose.
      camelcase: ['error', { allow: ['^unstable_', '^UNSAFE_'] }],
      '@typescript-eslint/no-explicit-any': 'off',
      // A value and a type of one name are one thing to TypeScript's users, as a class is.
      '@typescript-eslint/no-redeclare': 'off',
      // `??=` in a return statement is how a lazy getter reads best.
      'no-return-assign': 'off',
      // `void` marks a promise that is looked after elsewhere.
      'no-void': ['error', { allowAsStatement: true }]
    }
  },
  {
    files: ['lib/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'error' }
  }
]
