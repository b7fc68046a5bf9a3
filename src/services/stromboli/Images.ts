/** Container images on the server, and in the registries it searches. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ApiError, NotFound } from "../../errors/ApiError.js"
import * as Arguments from "../../internal/arguments.js"
import * as Operation from "../../internal/Operation.js"
import {
  type FoundImage,
  ImageDetail,
  type ImageInfo,
  ImageList,
  type ImageName,
  ImagePullRequest,
  ImageSearchQuery,
  ImageSearchResponse,
  PulledImage
} from "../../schema/stromboli/Image.js"
import { StromboliClient } from "./StromboliClient.js"

/**
 * Container images on the server, and in the registries it searches.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ImageName, Images } from "effect-sandboxes/stromboli"
 *
 * const program = Effect.gen(function* () {
 *   const images = yield* Images
 *   yield* images.pull({ image: ImageName.make("docker.io/library/python:3.12") })
 *   return yield* images.list
 * })
 * ```
 */
export class Images extends Context.Tag("effect-sandboxes/stromboli/Images")<Images, Images.Service>() {
  /** The service on top of the connection to the server. Building it sends nothing. */
  static readonly layer: Layer.Layer<Images, never, StromboliClient> = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export declare namespace Images {
  interface Service {
    /** The images on the server, the most suitable first. Server 0.4 or newer. `GET /images` */
    readonly list: Effect.Effect<ReadonlyArray<ImageInfo>, ApiError>
    /**
     * One image with its labels. Fails with `NotFound`, and with `InvalidRequest` for a name that contains `/`: the
     * server cannot route it, encoded or not, so look it up in `list`. `GET /images/{name}`
     */
    readonly get: (name: ImageName) => Effect.Effect<ImageDetail, ApiError | NotFound>
    /** Searches the registries. A failing registry is a `ServerError` with status 502. `GET /images/search` */
    readonly search: (query: ImageName, options?: SearchOptions) => Effect.Effect<ReadonlyArray<FoundImage>, ApiError>
    /**
     * Pulls an image from its registry, which may take ten minutes. An interruption does not stop the server.
     * `POST /images/pull`
     */
    readonly pull: (request: ImagePullRequest) => Effect.Effect<PulledImage, ApiError>
  }

  /** How many results a search returns, and in which detail. */
  interface SearchOptions {
    /** 1 to 100; default 25. */
    readonly limit?: number | undefined
    /** Does not truncate descriptions; default `false`. */
    readonly noTrunc?: boolean | undefined
  }
}

export const operations = {
  list: Operation.make("Images.list", "GET", "/images", { success: ImageList }),
  get: Operation.make("Images.get", "GET", "/images/{name}", { success: ImageDetail, fails: [NotFound] }),
  search: Operation.make("Images.search", "GET", "/images/search", {
    query: ImageSearchQuery,
    success: ImageSearchResponse
  }),
  pull: Operation.make("Images.pull", "POST", "/images/pull", {
    body: ImagePullRequest,
    success: PulledImage,
    timeout: "10 minutes"
  })
}

const { effect } = Arguments.methodsOf("stromboli", "Images")

const searching = { query: Arguments.text, options: Arguments.options({ noTrunc: Arguments.flag }) }

export const make: Effect.Effect<Images.Service, never, StromboliClient> = Effect.map(StromboliClient, (client) =>
  Images.of({
    list: Effect.map(client.call(operations.list), ({ images }) => images),
    get: (name) => client.call(operations.get, { path: { name } }),
    search: effect("search", searching, (q, { limit, noTrunc } = {}) =>
      Effect.map(
        client.call(operations.search, { query: { q, limit, noTrunc: noTrunc === true ? true : undefined } }),
        ({ results }) => results
      )
    ),
    pull: (request) => client.call(operations.pull, { body: request })
  })
)
