import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { ObjectStorage } from "../../../../src/daytona.js"
import { daytonaOver } from "../../../support/daytonaOver.js"

const access = {
  accessKey: "key",
  secret: "secret",
  sessionToken: "session",
  storageUrl: "http://storage.test",
  organizationId: "o",
  bucket: "contexts"
}

/** Grants access, has no object, and answers an upload with this. */
const answering = (put: () => Response) =>
  daytonaOver(
    Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, url) => {
        const json = (body: object) => Response.json(body)
        const answer =
          url.host === "daytona.test"
            ? json(access)
            : request.method === "PUT"
              ? put()
              : new Response("<ListBucketResult/>")
        return Effect.succeed(HttpClientResponse.fromWeb(request, answer))
      })
    )
  )

const content = new TextEncoder().encode("tar")
const context = { hash: "h", files: [], size: content.length, archive: Stream.make(content) }
const upload = Effect.flatMap(ObjectStorage, (storage) => storage.upload([context]))
const html = { headers: { "content-type": "text/html; charset=utf-8" } }

describe("an upload of a build context", () => {
  it.effect("succeeds whatever the type of its empty answer is", () =>
    Effect.gen(function* () {
      for (const answer of [() => new Response(null), () => new Response("", html), () => new Response(" \n", html)]) {
        expect(yield* Effect.provide(upload, answering(answer))).toEqual(["h"])
      }
    })
  )

  it.effect("that a page answers has not happened", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.provide(
          upload,
          answering(() => new Response("<html>Log in</html>", html))
        )
      )
      expect(error).toMatchObject({ _tag: "InvalidResponse", admitted: "unknown", status: 200 })
      expect(error.message).toContain("in front of the object storage")
    })
  )
})
