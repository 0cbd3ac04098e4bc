/** Values every receiver has by itself. */
export const BUILT_IN_VARIABLES = ['nickname', 'remark', 'groupName'] as const

type Piece = { readonly text: string } | { readonly variable: string }

const PIECES = /\{\{|\}\}|\{([\p{L}_][\p{L}\p{N}_]*)\}|[^{}]+|[{}]/gu

/**
 * A brace that begins no variable and is not doubled, with some of the text after it: somebody meant a variable there,
 * or has to write the brace twice. Undefined when there is none.
 */
export function strayBrace(content: string): string | undefined {
  for (const match of content.matchAll(PIECES)) {
    if (match[0] === '{' || match[0] === '}') return content.slice(match.index, match.index + 20)
  }
  return undefined
}

/** Splits a template: `{name}` is a variable, `{{` and `}}` stand for braces, anything else is text. */
export function parseTemplate(content: string): Piece[] {
  const pieces: Piece[] = []
  for (const match of content.matchAll(PIECES)) {
    const [whole, variable] = match
    if (variable !== undefined) pieces.push({ variable })
    else pieces.push({ text: whole === '{{' ? '{' : whole === '}}' ? '}' : whole })
  }
  return pieces
}

/** Names of the variables a template uses, each once. */
export const variablesOf = (content: string): string[] => [
  ...new Set(parseTemplate(content).flatMap((piece) => ('variable' in piece ? [piece.variable] : []))),
]

export type Rendered = { readonly text: string } | { readonly missing: readonly string[] }

/** Puts the values in once: a value that looks like a variable stays as it is. */
export function renderTemplate(content: string, values: Readonly<Record<string, string | undefined>>): Rendered {
  const missing = variablesOf(content).filter((name) => !Object.hasOwn(values, name) || !values[name])
  if (missing.length > 0) return { missing }
  const text = parseTemplate(content).map((piece) => ('text' in piece ? piece.text : (values[piece.variable] ?? '')))
  return { text: text.join('') }
}

/** No name a phone shows is longer. */
const LONGEST_NAME = 200

/** How long a text can become for any receiver, in characters. */
export function longestText(content: string, values: Readonly<Record<string, string>>): number {
  const builtIn: readonly string[] = BUILT_IN_VARIABLES
  const length = (piece: Piece): number => {
    if ('text' in piece) return piece.text.length
    return builtIn.includes(piece.variable) ? LONGEST_NAME : (values[piece.variable]?.length ?? 0)
  }
  return parseTemplate(content).reduce((sum, piece) => sum + length(piece), 0)
}
