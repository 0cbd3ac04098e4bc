import { readFile } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'
import { imageSize } from 'image-size'
import { MusterError } from '../../infra/errors.ts'
import type { MaterialType } from '../../infra/database/tables/materials.ts'
import { isWhole } from './pictures.ts'

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const VIDEOS = new Set(['video/mp4', 'video/quicktime', 'video/webm'])
const FILES = new Set(['application/pdf', 'application/zip', 'audio/mpeg'])
const LARGEST_IMAGE_BYTES = 20 * 1024 * 1024
/** A long screenshot is some 30,000 pixels high; the largest phone camera makes 200 megapixels. */
const LONGEST_SIDE = 32_767
const MOST_PIXELS = 200e6
/** What an upload may be. */
export const MEDIA_TYPES: readonly string[] = [...IMAGES, ...VIDEOS, ...FILES]

/** What a file is, told by its bytes and never by its name. Throws UNSUPPORTED_MEDIA for anything not allowed. */
export async function contentTypeOf(path: string, size: number): Promise<{ type: MaterialType; mimeType: string }> {
  const mime = (await fileTypeFromFile(path))?.mime ?? 'unknown'
  if (IMAGES.has(mime)) {
    if (size > LARGEST_IMAGE_BYTES)
      throw new MusterError('PAYLOAD_TOO_LARGE', 'file: a picture may have at most 20 MB; make it smaller')
    await assertReadable(path, mime)
    return { type: 'IMAGE', mimeType: mime }
  }
  if (VIDEOS.has(mime)) return { type: 'VIDEO', mimeType: mime }
  if (FILES.has(mime)) return { type: 'FILE', mimeType: mime }
  throw unsupported('file: is not a picture, video or document; send PNG, JPEG, GIF, WebP, MP4, WebM, PDF, ZIP or MP3')
}

/** A file may begin like a picture and be none, or be cut off, or claim a size that fills the memory of a phone. */
async function assertReadable(path: string, mime: string): Promise<void> {
  const picture = await readFile(path)
  if (!isWhole[mime]?.(picture))
    throw unsupported('file: is a picture that was cut off, or has no picture in it; export it and upload it again')
  const { width, height } = dimensionsOf(picture)
  if (width > 0 && height > 0 && Math.max(width, height) <= LONGEST_SIDE && width * height <= MOST_PIXELS) return
  throw unsupported(`file: is ${width} x ${height} pixels large; send one of at most ${MOST_PIXELS / 1e6} megapixels`)
}

function dimensionsOf(picture: Buffer): { width: number; height: number } {
  try {
    return imageSize(picture)
  } catch (error) {
    throw unsupported('file: begins like a picture but cannot be read as one; export it again', error)
  }
}

const unsupported = (message: string, cause?: unknown): MusterError =>
  new MusterError('UNSUPPORTED_MEDIA', message, { cause })
