/** Handlers of `/images`. */
import * as Effect from "effect/Effect"
import { type Images, isTooLong, isValidName } from "../Images.js"
import type { Settings } from "../Options.js"
import * as responses from "../responses.js"
import * as wire from "../wire.js"
import { bind, type Handler } from "./Handler.js"

const defaultLimit = 25
const mostResults = 100

const invalidName = (name: string) =>
  responses.error(
    400,
    isTooLong(name)
      ? "validation error: image name exceeds maximum length of 255 characters"
      : "validation error: invalid image name format"
  )

/** `/images`. */
export const make = (dependencies: { readonly settings: Settings; readonly images: Images }) => {
  const { images, settings } = dependencies

  return {
    "GET /images": () =>
      settings.podman === "4.3"
        ? Effect.succeed(responses.error(500, "failed to list images"))
        : Effect.map(images.list, (all) => responses.json(200, { images: all })),
    "GET /images/search": (call) => {
      const query = call.query.get("q") ?? ""
      if (query === "") return Effect.succeed(responses.error(400, "query parameter 'q' is required"))
      const given = call.query.get("limit") ?? ""
      const limit = given === "" ? defaultLimit : /^[-+]?\d+$/.test(given) ? Number(given) : Number.NaN
      if (!(limit >= 1)) return Effect.succeed(responses.error(400, "invalid limit parameter"))
      if (!isValidName(query)) {
        const reason = isTooLong(query) ? "search query too long" : "invalid search query format"
        return Effect.succeed(responses.error(400, `validation error: ${reason}`))
      }
      return Effect.map(
        images.search(query, Math.min(limit, mostResults), call.query.get("no_trunc") === "true"),
        (results) => responses.json(200, { results })
      )
    },
    "POST /images/pull": (call) =>
      Effect.gen(function* () {
        const { image } = yield* bind(wire.imagePullRequest, call, (request) => ({ Image: request.image })).pipe(
          Effect.mapError((message) => responses.error(400, message))
        )
        if (!isValidName(image)) return invalidName(image)
        const id = yield* images.pull(image)
        return id === undefined
          ? responses.error(500, "failed to pull image")
          : responses.json(200, { success: true, image, image_id: id })
      }).pipe(Effect.merge),
    "GET /images/{name}": (call) =>
      Effect.gen(function* () {
        const name = call.parameter("name")
        if (!isValidName(name)) return invalidName(name)
        const image = yield* images.inspect(name)
        return image === undefined ? responses.error(404, "image not found") : responses.json(200, image)
      })
  } satisfies Record<string, Handler>
}
