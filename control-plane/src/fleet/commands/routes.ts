import { defineRoute, FileAnswer, type Route } from '../../http/route.ts'
import { IdParams } from '../../http/schemas.ts'
import { EVIDENCE_TYPES, type Evidence } from './evidence.ts'

/** `GET /evidence/{id}`: what the phone showed when something went wrong. */
export function evidenceRoutes(evidence: Pick<Evidence, 'find'>): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/evidence/{id}',
      summary: 'A screenshot that shows why an item ended as it did',
      tag: 'tasks',
      role: 'viewer',
      params: IdParams,
      fileTypes: [...EVIDENCE_TYPES],
      handle: async ({ params }) => {
        const file = await evidence.find(params.id)
        const { mimeType, size } = file
        return new FileAnswer({ mimeType, size, open: async (range) => (await file.open()).createReadStream(range) })
      },
    }),
  ]
}
