import { REGISTRY_SOURCE } from './served-modules.ts'

/**
 * Binds free names of a module (`Response`, `Request`, `fetch`) to what is served as `globals`, by a declaration in front
 * of its text. Where the module declares such a name itself, or may do so, the name is left alone.
 */
export function bindGlobals (source: string, isModule: boolean, globals: readonly string[]): string {
  const names = globals.filter((name) => uses(source, name) && !declares(source, name))
  if (names.length === 0) return source
  // One line, without a line break: positions in stack traces stay true.
  const binding = `const { ${names.join(', ')} } = ${REGISTRY_SOURCE}.globals;`
  return isModule ? binding + source : withDirective(source, binding)
}

function uses (source: string, name: string): boolean {
  return new RegExp(`(?:^|[^.\\w$])${name}\\s*[.(]|\\b(?:new|extends|instanceof)\\s+${name}\\b`).test(source)
}

/** `class Request`, `const { fetch } = …`, `import { Request } from …`, `(fetch) => …`, `fetch = …` */
function declares (source: string, name: string): boolean {
  const declaration = new RegExp(`\\b(?:class|function\\*?|const|let|var|enum|namespace|interface|type|as)\\s+${name}\\b|\\b(?:import|const|let|var)\\b[^;=()]*[{,\\s]${name}\\s*[,}=]|^\\s*import\\s+${name}\\b|(?:^|[^.\\w$=!<>])${name}\\s*=[^=>]`, 'm')
  return declaration.test(source)
}

/** Whether a module belongs to the application: packages keep the ordinary globals. */
export function isApplication (fileOrUrl: string): boolean {
  return !/[\\/]node_modules[\\/]/.test(fileOrUrl)
}

/** A directive counts in front of all else only. */
function withDirective (source: string, binding: string): string {
  const isStrict = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:'use strict'|"use strict")/.test(source)
  return (isStrict ? '"use strict";' : '') + binding + source
}
