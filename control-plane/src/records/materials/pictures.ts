/**
 * Whether a picture is there to its end. Decoders show the upper half of a picture that was cut off in an upload; so
 * would everybody who is sent it.
 */
export const isWhole: Readonly<Record<string, (picture: Buffer) => boolean>> = {
  'image/png': wholePng,
  'image/jpeg': wholeJpeg,
  'image/gif': wholeGif,
  'image/webp': wholeWebp,
}

const PNG_FIRST_CHUNK = 8
const PNG_CHUNK_FRAME = 12
const MARKER = 0xff
const JPEG = { end: 0xd9, scan: 0xda, restart0: 0xd0, restart7: 0xd7, alone: 0x01 } as const
const GIF = { header: 13, extension: 0x21, image: 0x2c, trailer: 0x3b, hasTable: 0x80, imageFrame: 10 } as const

/** Chunks of length, type, data and checksum: pixels, and IEND as the last one. */
function wholePng(picture: Buffer): boolean {
  let hasPixels = false
  for (let at = PNG_FIRST_CHUNK; at + PNG_CHUNK_FRAME <= picture.length;) {
    const type = picture.toString('latin1', at + 4, at + 8)
    if (type === 'IEND') return hasPixels
    if (type === 'IDAT') hasPixels = true
    at += picture.readUInt32BE(at) + PNG_CHUNK_FRAME
  }
  return false
}

/** Segments, scans of coded pixels between them, and EOI. A thumbnail has an EOI of its own, inside a segment. */
function wholeJpeg(picture: Buffer): boolean {
  let hasScan = false
  for (let at = 2; at + 1 < picture.length;) {
    const code = picture[at + 1] ?? 0
    if (picture[at] !== MARKER) return false
    if (code === JPEG.end) return hasScan
    if (code === MARKER) at += 1
    else if (standsAlone(code)) at += 2
    else {
      if (at + 4 > picture.length) return false
      at += 2 + picture.readUInt16BE(at + 2)
      if (code === JPEG.scan) {
        hasScan = true
        at = endOfScan(picture, at)
      }
    }
  }
  return false
}

const standsAlone = (code: number): boolean => code === JPEG.alone || (code >= JPEG.restart0 && code <= JPEG.restart7)

/** Inside a scan, FF is followed by 00, or by a restart marker. */
function endOfScan(picture: Buffer, from: number): number {
  for (let at = picture.indexOf(MARKER, from); at !== -1; at = picture.indexOf(MARKER, at + 1)) {
    const code = picture[at + 1]
    if (code !== undefined && code !== 0 && !standsAlone(code)) return at
  }
  return picture.length
}

/** Blocks, each of them a chain of parts that ends with an empty one, and the trailer. */
function wholeGif(picture: Buffer): boolean {
  let hasImage = false
  for (let at = GIF.header + tableBytes(picture[10] ?? 0); at < picture.length;) {
    const kind = picture[at]
    if (kind === GIF.trailer) return hasImage
    if (kind === GIF.extension) at = endOfParts(picture, at + 2)
    else if (kind === GIF.image) {
      hasImage = true
      at = endOfParts(picture, at + GIF.imageFrame + tableBytes(picture[at + 9] ?? 0) + 1)
    } else return false
  }
  return false
}

/** Bytes of a table of colours. @param flags of the screen or the image it belongs to */
const tableBytes = (flags: number): number => ((flags & GIF.hasTable) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1))

function endOfParts(picture: Buffer, from: number): number {
  let at = from
  while (at < picture.length && picture[at] !== 0) at += (picture[at] ?? 0) + 1
  return at + 1
}

/** RIFF says how long it is after its first eight bytes. */
function wholeWebp(picture: Buffer): boolean {
  return picture.length >= 12 && picture.readUInt32LE(4) + 8 <= picture.length
}
