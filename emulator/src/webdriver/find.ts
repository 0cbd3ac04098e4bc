import { runInNewContext } from 'node:vm'
import { DOMParser, type Element } from '@xmldom/xmldom'
import xpath from 'xpath'
import { className, type Placed } from '../phone/ui.ts'
import { WebDriverError } from './error.ts'
import { attributesOf, pageSource, writable } from './page-source.ts'

const PATTERN_LIMIT_MS = 500

/** The strategies of UiAutomator2 that the emulator knows, each with its value. */
export const STRATEGIES = ['xpath', 'id', 'class name', 'accessibility id', '-android uiautomator'] as const

const TEST = /@([\w-]+)=(?:"([^"]*)"|'([^']*)')/
/** An XPath of one step whose attributes equal words, as the agent writes it. */
const ONE_STEP = new RegExp(`^//([\\w.]+|\\*)\\[(${TEST.source}(?: and ${TEST.source})*)\\]$`)

/** Texts may hold what XML 1.1 takes for the end of a line. */
const parser = new DOMParser({ normalizeLineEndings: (source) => source })

/** Nodes that a strategy finds below `context`, in document order. Throws `invalid selector` and `invalid argument`. */
export function find(
  nodes: readonly Placed[],
  appPackage: string,
  using: string,
  value: string,
  context?: Placed,
): Placed[] {
  const below = context ? nodes.filter(({ key }) => key.startsWith(`${context.key}/`)) : nodes
  switch (using) {
    case 'xpath':
      return byOneStep(below, appPackage, value) ?? byXPath(nodes, below, appPackage, value, context)
    case 'id':
      return below.filter(({ node }) => node.id === value || node.id === `${appPackage}:id/${value}`)
    case 'class name':
      return below.filter(({ node }) => className(node) === value)
    case 'accessibility id':
      return below.filter(({ node }) => node.desc === value)
    case '-android uiautomator':
      return byUiSelector(below, value)
    default:
      throw new WebDriverError('invalid argument', `using: "${using}" is none of ${STRATEGIES.join(', ')}`)
  }
}

/** As `byXPath`, without a document: an agent looks for hundreds of elements a minute. Undefined for other forms. */
function byOneStep(below: readonly Placed[], appPackage: string, value: string): Placed[] | undefined {
  const [, tag, tests = ''] = ONE_STEP.exec(value) ?? []
  if (tag === undefined) return undefined
  const wanted = [...tests.matchAll(new RegExp(TEST, 'g'))].map(
    ([, name = '', double, single]) => [name, double ?? single ?? ''] as const,
  )
  if (wanted.some(([name]) => name === 'index' || name === 'node-key')) return undefined
  return below.filter((placed) => {
    if (tag !== '*' && tag !== className(placed.node)) return false
    const attributes = attributesOf(placed, appPackage)
    return wanted.every(([name, words]) => {
      const has = attributes[name]
      return has !== undefined && writable(has) === words
    })
  })
}

function byXPath(
  nodes: readonly Placed[],
  below: readonly Placed[],
  appPackage: string,
  value: string,
  context?: Placed,
): Placed[] {
  const document = parser.parseFromString(pageSource(nodes, appPackage, true), 'text/xml')
  try {
    const start = context ? elements(xpath.select(`//*[@node-key="${context.key}"]`, document))[0] : document
    const found = elements(xpath.select(value, start ?? document))
    const keys = new Set(found.map((element) => element.getAttribute('node-key')))
    return below.filter(({ key }) => keys.has(key))
  } catch (error) {
    if (error instanceof WebDriverError) throw error
    throw new WebDriverError(
      'invalid selector',
      `xpath: ${value}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function elements(selected: unknown): Element[] {
  if (!Array.isArray(selected))
    throw new WebDriverError('invalid selector', 'xpath: the expression selects no elements')
  return selected.filter((one): one is Element => typeof one === 'object' && one !== null && 'getAttribute' in one)
}

type Read<T> = (placed: Placed) => T
type Fits = (text: string, wanted: string) => boolean

const textOf: Read<string> = ({ node }) => node.text ?? ''
const descOf: Read<string> = ({ node }) => node.desc ?? ''
const equals: Fits = (text, wanted) => text === wanted
const contains: Fits = (text, wanted) => text.includes(wanted)
const startsWith: Fits = (text, wanted) => text.startsWith(wanted)

/** Calls of a selector that take words: what they read, and when it fits. */
const TEXTS: ReadonlyMap<string, readonly [Read<string>, Fits]> = new Map([
  ['text', [textOf, equals]],
  ['textContains', [textOf, contains]],
  ['textStartsWith', [textOf, startsWith]],
  ['description', [descOf, equals]],
  ['descriptionContains', [descOf, contains]],
  ['descriptionStartsWith', [descOf, startsWith]],
  ['resourceId', [({ node }) => node.id ?? '', equals]],
  ['className', [({ node }) => className(node), equals]],
])
/** Calls that take true or false. */
const FLAGS: ReadonlyMap<string, Read<boolean>> = new Map([
  ['clickable', ({ node }) => node.tap !== undefined],
  ['checked', ({ node }) => node.checked ?? false],
  ['selected', ({ node }) => node.selected ?? false],
  ['enabled', ({ node }) => node.enabled ?? true],
  ['scrollable', ({ node }) => node.scroll !== undefined],
])

/** One call of a selector, read from its text. */
const CALL = /^\s*\.(\w+)\(\s*(?:"((?:[^"\\]|\\.)*)"|(true|false)|(\d+))\s*\)/

/** `new UiSelector().text("..").className("..").instance(n)`: the calls that matter here. */
function byUiSelector(nodes: readonly Placed[], value: string): Placed[] {
  const bad = (why: string): WebDriverError =>
    new WebDriverError('invalid selector', `-android uiautomator: ${why}: ${value}`)
  const head = /^\s*new UiSelector\(\)/.exec(value)
  if (!head) throw bad('only "new UiSelector()" with its calls is known')
  let rest = value.slice(head[0].length)
  let found = [...nodes]
  while (rest.trim() !== '' && rest.trim() !== ';') {
    const call = CALL.exec(rest)
    if (!call) throw bad(`cannot read "${rest.slice(0, 60)}"`)
    const [whole, name = '', quoted, flag, number] = call
    const words = quoted?.replaceAll(/\\(.)/g, '$1')
    const text = words === undefined ? undefined : TEXTS.get(name)
    const isSet = flag === undefined ? undefined : FLAGS.get(name)
    if (words !== undefined && name === 'textMatches') found = matching(found, words, bad)
    else if (words !== undefined && text) found = found.filter((placed) => text[1](text[0](placed), words))
    else if (isSet) found = found.filter((placed) => isSet(placed) === (flag === 'true'))
    else if (number !== undefined && name === 'instance') found = found.slice(Number(number), Number(number) + 1)
    else throw bad(`${name} is not known`)
    rest = rest.slice(whole.length)
  }
  return found
}

/** In a context of its own: a pattern that backtracks without end must not hold up the other phones. */
function matching(nodes: readonly Placed[], pattern: string, bad: (why: string) => WebDriverError): Placed[] {
  try {
    const fits: unknown = runInNewContext(
      'const pattern = new RegExp(`^(?:${source})$`, "u"); texts.map((text) => pattern.test(text))',
      { source: pattern, texts: nodes.map(textOf) },
      { timeout: PATTERN_LIMIT_MS },
    )
    return Array.isArray(fits) ? nodes.filter((_, index) => fits[index] === true) : []
  } catch (error) {
    throw bad(`textMatches: ${error instanceof Error ? error.message : String(error)}`)
  }
}
