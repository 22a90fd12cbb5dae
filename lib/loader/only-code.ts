import jsTokens from 'js-tokens'

/**
 * A module without the words of its comments, strings, templates and regular expressions, which are blank. What brackets
 * them stays, and so do lines.
 */
export function onlyCode (source: string): string {
  let code = ''
  for (const { type, value } of jsTokens(source)) {
    if (type.endsWith('Comment')) code += blank(value)
    else if (TEXTS.has(type)) code += value[0] + blank(value.slice(1, -1)) + (value.endsWith('${') ? '${' : value.at(-1))
    else code += value
  }
  return code
}

const TEXTS = new Set(['StringLiteral', 'NoSubstitutionTemplate', 'TemplateHead', 'TemplateMiddle', 'TemplateTail', 'RegularExpressionLiteral'])

const blank = (text: string): string => text.replace(/[^\n]/g, ' ')
