import { z } from 'zod'
import type { Database } from '../../../infra/database/database.ts'
import { rows } from '../../../infra/database/table.ts'
import { invalid, notFound } from '../../../infra/errors.ts'
import type { MaterialSnapshot } from './snapshots.ts'

/** Pictures as a task shows them. */
export const Pictures = z.array(z.strictObject({ materialId: z.number().int(), url: z.string() }))

export const pictureView = ({ materialId }: MaterialSnapshot): { materialId: number; url: string } => ({
  materialId,
  url: `/api/v1/materials/${materialId}/file`,
})

/** Snapshots of pictures, in the order given. Throws NOT_FOUND or INVALID_REQUEST that names the field. */
export async function pictureSnapshots(
  db: Database,
  ids: readonly number[],
  field: string,
): Promise<MaterialSnapshot[]> {
  const found = await rows(db.models.materials, { where: { id: [...ids], deletedAt: null } })
  return ids.map((id) => {
    const material = found.find((one) => one.id === id)
    if (!material) throw notFound(`${field}: material`, id)
    if (material.type !== 'IMAGE')
      throw invalid(`${field}: material ${id} is a ${material.type}; use one of type IMAGE`)
    return { materialId: id, sha256: material.sha256, mimeType: material.mimeType, size: material.size }
  })
}
