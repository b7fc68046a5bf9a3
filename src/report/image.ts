/** Images that a message contains. */
import { isObject, textAt } from "../schema/jsonFields.js"
import { type Html, html } from "./html.js"
import { characters } from "./words.js"

/** Not SVG, which is a document. */
const formats = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"])

/** The image in the page itself, so that nothing is requested; a note instead if it is elsewhere, odd or too large. */
export const image = (source: unknown, limit: number): Html => {
  const [type, data, url] = isObject(source)
    ? [textAt(source, "media_type") ?? "", textAt(source, "data"), textAt(source, "url")]
    : []
  if (data === undefined) {
    return html`<p class="gap">${url === undefined ? "An image" : "An image at another address"}, not shown</p>`
  }
  if (data.length > limit) return html`<p class="gap">An image of ${characters(data.length)} in base64 left out</p>`
  if (!formats.has(type ?? "") || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    return html`<p class="gap">An image of an unknown format, not shown</p>`
  }
  return html`<img src="data:${type};base64,${data}" alt="An image in the run">`
}
