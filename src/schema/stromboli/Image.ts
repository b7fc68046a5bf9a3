/** Container images that runs can use. */
import * as Schema from "effect/Schema"
import { lenient, lenientList } from "../lenient.js"
import { snakeCase } from "../snakeCase.js"

/** The server refuses any other name with a 400. */
const nameProblem = (name: string): string | undefined => {
  if (name.length < 1 || name.length > 255) return "must have 1 to 255 characters"
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$/.test(name)) {
    return "must consist of letters, digits and `._:/@-`, and start with a letter or digit"
  }
  if (/\/\/|::|\.\.\.|---|___|@.*@/.test(name)) {
    return "must not repeat a separator (`//`, `::`, `...`, `---`, `___`, two `@`)"
  }
  return undefined
}

/** The name of an image, with tag or digest: `python:3.12`, `ghcr.io/owner/name@sha256:…`. */
export const ImageName = Schema.String.pipe(Schema.brand("ImageName"))
export type ImageName = typeof ImageName.Type

const CheckedImageName = ImageName.pipe(Schema.filter(nameProblem))

const infoFields = {
  id: Schema.String,
  repository: Schema.String,
  tag: Schema.String,
  /** Bytes. */
  size: Schema.Number,
  /** Written as UTC, but in the server's local time; `0001-01-01T00:00:00Z` when unknown. */
  created: Schema.String,
  /** 1: built for Stromboli, 2: has the Claude CLI, 3: has glibc, 4: cannot run Claude (Alpine, musl, distroless). */
  compatibilityRank: Schema.Number,
  compatible: Schema.Boolean,
  /** Always `false` in a list; only `Images.get` checks it. */
  hasClaudeCli: Schema.Boolean,
  tools: Schema.optional(Schema.Array(Schema.String)),
  description: Schema.optional(Schema.String)
}

/** An image on the server, as returned in a list. */
export interface ImageInfo extends Schema.Struct.Type<typeof infoFields> {}
const placeholders = { size: 0, created: "", compatibilityRank: 0, compatible: false, hasClaudeCli: false }
export const ImageInfo = lenient(snakeCase(infoFields), placeholders)

export const ImageList = snakeCase({ images: lenientList(ImageInfo) }, { nulls: { images: [] } })

const detailFields = {
  ...infoFields,
  labels: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** A description of the rank. */
  rankDescription: Schema.optional(Schema.String)
}

/** An image with its labels. */
export interface ImageDetail extends Schema.Struct.Type<typeof detailFields> {}
export const ImageDetail = lenient(snakeCase(detailFields), placeholders)

const searchFields = {
  /** The characters of an image name, so no spaces. */
  q: CheckedImageName,
  limit: Schema.optional(Schema.Int.pipe(Schema.between(1, 100))),
  /** The server understands only `true`. */
  noTrunc: Schema.optional(Schema.Literal(true))
}
export const ImageSearchQuery = snakeCase(searchFields)

const foundFields = {
  index: Schema.String,
  name: Schema.String,
  description: Schema.String,
  stars: Schema.Number,
  official: Schema.Boolean,
  automated: Schema.Boolean
}

/** An image found in a registry. */
export interface FoundImage extends Schema.Struct.Type<typeof foundFields> {}
export const FoundImage = lenient(snakeCase(foundFields), {
  index: "",
  description: "",
  stars: 0,
  official: false,
  automated: false
})
export const ImageSearchResponse = snakeCase({ results: lenientList(FoundImage) }, { nulls: { results: [] } })

const pullFields = {
  image: CheckedImageName,
  /** For example `linux/arm64`. */
  platform: Schema.optional(Schema.String),
  quiet: Schema.optional(Schema.Boolean)
}

/** The image to pull. */
export interface ImagePullRequest extends Schema.Struct.Type<typeof pullFields> {}
export const ImagePullRequest = snakeCase(pullFields)

const pulledFields = { success: Schema.Literal(true), image: Schema.String, imageId: Schema.optional(Schema.String) }

/** The image that was pulled. */
export interface PulledImage extends Schema.Struct.Type<typeof pulledFields> {}
export const PulledImage = snakeCase(pulledFields)
