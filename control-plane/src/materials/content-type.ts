import { readFile } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'
import { imageSize } from 'image-size'
import { MusterError } from '../errors.ts'
import type { MaterialType } from './model.ts'

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const VIDEOS = new Set(['video/mp4', 'video/quicktime', 'video/webm'])
const FILES = new Set(['application/pdf', 'application/zip', 'audio/mpeg'])
const LARGEST_IMAGE_BYTES = 20 * 1024 * 1024

/** What a file is, told by its bytes and never by its name. Throws UNSUPPORTED_MEDIA for anything not allowed. */
export async function contentTypeOf(path: string, size: number): Promise<{ type: MaterialType; mimeType: string }> {
  const mime = (await fileTypeFromFile(path))?.mime ?? 'unknown'
  if (IMAGES.has(mime)) {
    if (size > LARGEST_IMAGE_BYTES)
      throw new MusterError('PAYLOAD_TOO_LARGE', 'file: a picture may have at most 20 MB; make it smaller')
    await assertReadable(path)
    return { type: 'IMAGE', mimeType: mime }
  }
  if (VIDEOS.has(mime)) return { type: 'VIDEO', mimeType: mime }
  if (FILES.has(mime)) return { type: 'FILE', mimeType: mime }
  throw new MusterError(
    'UNSUPPORTED_MEDIA',
    'file: is not a picture, video or document; send PNG, JPEG, GIF, WebP, MP4, WebM, PDF, ZIP or MP3',
  )
}

/** A file may begin like a picture and be none. */
async function assertReadable(path: string): Promise<void> {
  try {
    const { width, height } = imageSize(await readFile(path))
    if (width > 0 && height > 0) return
  } catch (error) {
    throw new MusterError(
      'UNSUPPORTED_MEDIA',
      'file: begins like a picture but cannot be read as one; export it again',
      { cause: error },
    )
  }
  throw new MusterError('UNSUPPORTED_MEDIA', 'file: is a picture without width or height; export it again')
}
