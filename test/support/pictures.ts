import { createHash } from 'node:crypto'
import { PNG } from 'pngjs'
import type { Product } from './product.ts'

/** A grey square PNG; another grey gives other bytes. */
export function pngOf(side: number, grey: number): Buffer {
  const picture = new PNG({ width: side, height: side })
  picture.data.fill(grey)
  return PNG.sync.write(picture)
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Uploads a picture; answers its material id and hash. */
export async function uploadPicture(product: Product, grey: number): Promise<{ id: number; sha256: string }> {
  const bytes = pngOf(32, grey)
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), `grey-${grey}.png`)
  const data = await product.ok('POST', '/materials', form)
  return { id: Number(data['id']), sha256: sha256(bytes) }
}
