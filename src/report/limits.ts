/** How much a page may show, in characters of UTF-16. */

export interface Limits {
  /** Of one text. */
  readonly text: number
  /** Of the base64 of one image. */
  readonly image: number
  /** Of the markup of all entries. */
  readonly entries: number
}
