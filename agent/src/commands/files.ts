import { readFile } from 'node:fs/promises'
import type { MaterialRef } from '@muster/proto'
import type { PickedFile } from '../wechat/gallery.ts'
import type { PhoneWork } from './phone-work.ts'

/** The pictures of an item under names that tell them apart from everything else in the gallery. */
export async function filesOf(
  work: PhoneWork,
  itemId: string,
  images: readonly MaterialRef[],
  signal: AbortSignal,
): Promise<PickedFile[]> {
  return await Promise.all(
    images.map(async (image, index) => {
      const extension = image.mimeType.split('/')[1] ?? 'png'
      const bytes = await readFile(await work.context.fetchMaterial(image, signal))
      return { name: `muster-${itemId}-${index + 1}-${image.sha256.slice(0, 8)}.${extension}`, bytes }
    }),
  )
}
