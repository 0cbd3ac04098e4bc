import { z } from 'zod'
import { invalid } from '../../../infra/errors.ts'
import { validate } from '../../../http/validate.ts'
import { ALL_KINDS, kindOf, type AnyKind, type TaskParams } from './index.ts'

// Schemas of every kind together, made of the parts of each.

/** What a task was asked to do, as its creator gave it, with the text and the pictures that will go out. */
export const ParamsView = z
  .discriminatedUnion('kind', [...new Set(ALL_KINDS.map(({ View }) => View))] as [z.ZodObject, ...z.ZodObject[]])
  .meta({ id: 'TaskParams' })

/** `params` of a task as the API shows them. */
export const paramsView = (params: TaskParams): Record<string, unknown> => kindOf(params).view(params)

/** Without defaults, so that a change leaves what it does not name. */
const changeable = ({ fields }: AnyKind): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      (field instanceof z.ZodDefault ? field.unwrap() : field) as z.ZodType,
    ]),
  )

/** The fields of every kind; where several kinds have one of the same name, any of them fits. */
function changeableOfAll(): Record<string, z.ZodType> {
  const entries = ALL_KINDS.flatMap((kind) => Object.entries(changeable(kind)))
  const byName = Map.groupBy(entries, ([name]) => name)
  return Object.fromEntries(
    [...byName].map(([name, same]) => {
      const [first, ...others] = same.map(([, schema]) => schema)
      return [name, others.length === 0 && first ? first : z.union(same.map(([, schema]) => schema))]
    }),
  )
}

/** What may be changed of what a task is to do, whatever its kind. */
export const ParamsChange = z.strictObject(changeableOfAll()).partial()
export type ParamsChange = z.output<typeof ParamsChange>

/** What is given of the fields of this kind; throws INVALID_REQUEST that names any other, or one that does not fit. */
export function changeOf(kind: AnyKind, change: ParamsChange): Record<string, unknown> {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const fields = changeable(kind)
  const foreign = given.find(([name]) => !Object.hasOwn(fields, name))?.[0]
  const has = Object.keys(fields).join(', ') || 'none'
  if (foreign !== undefined)
    throw invalid(`params.${foreign}: unknown field of a ${kind.kind} task; remove it (the fields are: ${has})`)
  const params = z.strictObject(fields).partial()
  return validate(z.strictObject({ params }), { params: Object.fromEntries(given) }, 'params').params
}
