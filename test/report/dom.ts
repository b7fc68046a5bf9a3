/** Documents as a parser that follows the HTML standard reads them. */
import { type DefaultTreeAdapterTypes, parse as parseDocument } from "parse5"

type Node = DefaultTreeAdapterTypes.Node
export type Element = DefaultTreeAdapterTypes.Element

const childrenOf = (node: Node): ReadonlyArray<Node> => {
  if ("content" in node) return [...node.childNodes, node.content]
  return "childNodes" in node ? node.childNodes : []
}

const isElement = (node: Node): node is Element => "tagName" in node

/** Every node below this one, in the order of the document. */
const below = (node: Node): ReadonlyArray<Node> => {
  const found: Array<Node> = []
  const waiting = [...childrenOf(node)].reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next)
    waiting.push(...[...childrenOf(next)].reverse())
  }
  return found
}

export const elementsIn = (node: Node): ReadonlyArray<Element> => below(node).filter(isElement)

export const textOf = (node: Node): string =>
  [node, ...below(node)].map((each) => ("value" in each && each.nodeName === "#text" ? each.value : "")).join("")

export const attribute = (element: Element, name: string): string | undefined =>
  element.attrs.find((each) => each.name === name)?.value

/** By a tag, a class, or both: `pre`, `.tool`, `pre.code`. */
export const find = (node: Node, selector: string): ReadonlyArray<Element> => {
  const [tag, ...classes] = selector.split(".")
  return elementsIn(node).filter((element) => {
    const own = (attribute(element, "class") ?? "").split(" ")
    return (tag === "" || element.tagName === tag) && classes.every((name) => own.includes(name))
  })
}

/** The texts of the elements, without the space around them. */
export const texts = (node: Node, selector: string): ReadonlyArray<string> =>
  find(node, selector).map((element) => textOf(element).trim())

export interface Parsed {
  readonly document: DefaultTreeAdapterTypes.Document
  /** What the standard calls parse errors. */
  readonly errors: ReadonlyArray<string>
}

export const parse = (html: string): Parsed => {
  const errors: Array<string> = []
  return { document: parseDocument(html, { onParseError: ({ code }) => errors.push(code) }), errors }
}
