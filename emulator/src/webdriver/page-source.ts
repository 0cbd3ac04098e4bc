import { SCREEN, className, type Placed } from '../phone/ui.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}
// XML 1.0 has no form for most control characters; the real driver leaves them out too.
// oxlint-disable-next-line no-control-regex
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\u0000-\u001f\ufffe\uffff&<>"]/
/** What a reader of the page source gets to see of a value. */
export const writable = (value: string): string => (SPECIAL.test(value) ? value.replaceAll(UNWRITABLE, '') : value)
const escape = (value: string): string =>
  SPECIAL.test(value) ? writable(value).replaceAll(/[&<>"\n\r\t]/g, (found) => ESCAPES[found] ?? found) : value

/** The attributes UiAutomator2 reports for a node. */
export function attributesOf({ node }: Placed, appPackage: string): Record<string, string> {
  const [x, y, width, height] = node.box
  const editable = node.type !== undefined
  return {
    package: appPackage,
    class: className(node),
    text: node.text ?? '',
    ...(node.desc === undefined ? {} : { 'content-desc': node.desc }),
    ...(node.id === undefined ? {} : { 'resource-id': node.id }),
    ...(node.hint === undefined ? {} : { hint: node.hint }),
    checkable: String(node.checked !== undefined),
    checked: String(node.checked ?? false),
    clickable: String(node.tap !== undefined || editable),
    enabled: String(node.enabled ?? true),
    focusable: String(editable || node.tap !== undefined),
    focused: String(node.focused ?? false),
    'long-clickable': String(node.hold !== undefined),
    password: 'false',
    scrollable: String(node.scroll !== undefined),
    selected: String(node.selected ?? false),
    bounds: `[${x},${y}][${x + width},${y + height}]`,
    displayed: 'true',
  }
}

/** `GET /session/{id}/source`. With `keys`, each element carries the key of its node. */
export function pageSource(nodes: readonly Placed[], appPackage: string, keys = false): string {
  const out = [
    '<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>',
    `<hierarchy index="0" class="hierarchy" rotation="0" width="${SCREEN.width}" height="${SCREEN.height}">`,
  ]
  const open: string[] = []
  for (const placed of nodes) {
    while (open.length > placed.parents.length) out.push(`</${open.pop()}>`)
    const tag = className(placed.node)
    let start = `<${tag} index="${placed.key.slice(placed.key.lastIndexOf('/') + 1)}"`
    for (const [name, value] of Object.entries(attributesOf(placed, appPackage))) start += ` ${name}="${escape(value)}"`
    out.push(keys ? `${start} node-key="${placed.key}">` : `${start}>`)
    open.push(tag)
  }
  while (open.length > 0) out.push(`</${open.pop()}>`)
  out.push('</hierarchy>')
  return out.join('')
}
