import type { Database } from '../../infra/database/database.ts'
import { row } from '../../infra/database/table.ts'
import type { MaterialRow } from '../../infra/database/tables/materials.ts'
import { notFound } from '../../infra/errors.ts'

/**
 * The stored bytes behind a material, also of one that was deleted: commands that were planned before may need it. Throws
 * NOT_FOUND.
 */
export async function materialFile(db: Database, id: number): Promise<Pick<MaterialRow, 'sha256' | 'size'>> {
  const material = await row(db.models.materials, { where: { id } })
  if (!material) throw notFound('material', id)
  return { sha256: material.sha256, size: material.size }
}
