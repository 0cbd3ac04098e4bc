import type { MaterialType } from '../../infra/database/tables/materials.ts'
import type { TemplateRow, TemplateType } from '../../infra/database/tables/templates.ts'
import { invalid } from '../../infra/errors.ts'
import { strayBrace, variablesOf } from './render.ts'

/** What an operator says a template is. */
export type TemplateContent = Readonly<Pick<TemplateRow, 'name' | 'type' | 'content' | 'variables' | 'materialIds'>>

/** What a type is made of; VIDEO and LINK are kept for later kinds of message. */
export const NEEDS: Readonly<Record<TemplateType, { readonly text: boolean; readonly material?: MaterialType }>> = {
  TEXT: { text: true },
  IMAGE: { text: false, material: 'IMAGE' },
  TEXT_WITH_IMAGE: { text: true, material: 'IMAGE' },
  VIDEO: { text: false, material: 'VIDEO' },
  LINK: { text: true },
}

/** Throws INVALID_REQUEST for a template whose parts do not fit its type, or whose text nobody could fill in. */
export function checkContent({ type, content, variables, materialIds }: TemplateContent): void {
  const needs = NEEDS[type]
  if (needs.text && content.trim() === '') throw invalid(`content: is empty; a ${type} template needs text`)
  if (!needs.text && content.trim() !== '')
    throw invalid(`content: a ${type} template sends none; leave it out, or use TEXT_WITH_IMAGE`)
  const declared = new Set(variables)
  const undeclared = variablesOf(content).filter((name) => !declared.has(name))
  if (undeclared.length > 0) {
    throw invalid(
      `variables: ${undeclared.join(', ')} stands in content and is not declared; add it to variables or write {{ for a brace`,
    )
  }
  const stray = strayBrace(content)
  if (stray !== undefined)
    throw invalid(
      `content: "${stray}" is no {variable}; a name has letters, digits and _, and a brace is written twice`,
    )
  if (!needs.material && materialIds.length > 0)
    throw invalid(`materialIds: a ${type} template takes none; use TEXT_WITH_IMAGE`)
  if (needs.material && materialIds.length === 0) throw invalid(`materialIds: a ${type} template needs at least one`)
}
