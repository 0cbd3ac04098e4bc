// The package's own types pull in those of a browser, where many names mean something else than in Node.
declare const xpath: {
  /** Evaluates an expression of XPath 1.0. Throws on a malformed one. */
  select(expression: string, node: object): unknown
}
export default xpath
