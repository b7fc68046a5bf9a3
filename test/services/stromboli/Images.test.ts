/** Container images on the server and in registries. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Fault } from "../../../src/embedded/stromboli/index.js"
import { ImageName, type ImagePullRequest } from "../../../src/schema/stromboli/Image.js"
import { Images } from "../../../src/services/stromboli/Images.js"
import { inject, lastBody, requests, type Setup, services, timed } from "../../support/embedded.js"

const over = (setup: Setup = {}) => Effect.provide(services({ ...setup, client: { retry: false, ...setup.client } }))
const image = (name: string) => ImageName.make(name)

const server = {
  images: [
    { repository: "alpine", tag: "3.20" },
    {
      repository: "localhost/agent",
      size: 7,
      created: Date.UTC(2026, 0, 2),
      labels: {
        "ai.stromboli.compatible": "true",
        "ai.stromboli.claude-cli": "true",
        "ai.stromboli.tools": "git, node",
        "ai.stromboli.description": "For agents"
      }
    },
    { repository: "python", tag: "3.12" }
  ]
}

describe("the images on the server", () => {
  it.effect("are listed with the most suitable first, without the details that only `get` returns", () =>
    Effect.gen(function* () {
      const images = yield* (yield* Images).list
      expect(
        images.map(({ compatibilityRank, compatible, repository, tag }) => [
          repository,
          tag,
          compatibilityRank,
          compatible
        ])
      ).toEqual([
        ["localhost/agent", "latest", 3, false],
        ["python", "3.12", 3, false],
        ["alpine", "3.20", 4, false]
      ])
      expect(images[0]).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        repository: "localhost/agent",
        tag: "latest",
        size: 7,
        created: "2026-01-02T00:00:00Z",
        compatibilityRank: 3,
        compatible: false,
        hasClaudeCli: false
      })
      expect(images[1]?.created).toBe("0001-01-01T00:00:00Z")
    }).pipe(over({ server }))
  )

  it.effect("may be empty, in every form that the server uses", () =>
    Effect.gen(function* () {
      for (const body of ['{"images":[]}', '{"images":null}']) {
        yield* inject({ fault: Fault.replaceBody(body, "application/json") })
        expect(yield* (yield* Images).list).toEqual([])
      }
    }).pipe(over())
  )

  it.effect("are ServerError when Podman fails", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.status(500, { body: '{"error":"failed to list images"}' }) })
      expect(yield* Effect.flip((yield* Images).list)).toMatchObject({
        _tag: "ServerError",
        operation: "Images.list",
        detail: "failed to list images"
      })
    }).pipe(over())
  )
})

describe("one image", () => {
  it.effect("has its labels and the details derived from them", () =>
    Effect.gen(function* () {
      expect(yield* (yield* Images).get(image("agent:latest"))).toMatchObject({
        repository: "localhost/agent",
        compatibilityRank: 1,
        compatible: true,
        hasClaudeCli: true,
        tools: ["git", "node"],
        description: "For agents",
        labels: { "ai.stromboli.compatible": "true" },
        rankDescription: "Verified compatible"
      })
      expect(yield* requests).toMatchObject([{ method: "GET", path: "/images/agent%3Alatest" }])
    }).pipe(over({ server }))
  )

  it.effect("is NotFound when the server does not have it", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Images).get(image("perl:5")))).toMatchObject({
        _tag: "NotFound",
        status: 404,
        operation: "Images.get",
        path: "/images/perl%3A5",
        detail: "image not found"
      })
    }).pipe(over())
  )

  it.effect("is BadRequest when the name is invalid", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip((yield* Images).get(image("-perl")))).toMatchObject({
        _tag: "BadRequest",
        detail: "validation error: invalid image name format"
      })
    }).pipe(over())
  )

  for (const name of ["ghcr.io/owner/name", "library/python:3.12", "a/", "/", "", "..", "."]) {
    it.effect(`is not requested by the name ${JSON.stringify(name)}, which cannot be routed`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip((yield* Images).get(image(name)))).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Images.get",
          field: "name",
          admitted: "no"
        })
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }
})

describe("a search of the registries", () => {
  it.effect("finds images, and sends only the query by default", () =>
    Effect.gen(function* () {
      const found = yield* (yield* Images).search(image("pypy"))
      expect(found).toEqual([
        {
          index: "docker.io",
          name: "docker.io/pypy/pypy",
          description: "PyPy is a fast Python",
          stars: 390,
          official: false,
          automated: false
        }
      ])
      expect(yield* requests).toMatchObject([{ method: "GET", path: "/images/search", query: { q: "pypy" } }])
    }).pipe(over())
  )

  it.effect("sends a limit and asks for whole descriptions on request", () =>
    Effect.gen(function* () {
      const description = "A description that is a good deal longer than what fits into a column"
      const images = yield* Images
      expect(yield* images.search(image("x"), { limit: 1 })).toMatchObject([
        { description: `${description.slice(0, 41)}...` }
      ])
      expect(yield* images.search(image("x"), { limit: 1, noTrunc: true })).toMatchObject([{ description }])
      yield* images.search(image("x"), { noTrunc: false })
      // The server understands only `true`.
      expect((yield* requests).map(({ query }) => query)).toEqual([
        { q: "x", limit: "1" },
        { q: "x", limit: "1", no_trunc: "true" },
        { q: "x" }
      ])
    }).pipe(
      over({
        server: {
          registry: ["docker.io/a/x", "docker.io/b/x"].map((name) => ({
            name,
            description: "A description that is a good deal longer than what fits into a column"
          }))
        }
      })
    )
  )

  it.effect("may find nothing, in every form that the server uses", () =>
    Effect.gen(function* () {
      const images = yield* Images
      expect(yield* images.search(image("no-such-image"))).toEqual([])
      yield* inject({ fault: Fault.replaceBody('{"results":null}', "application/json") })
      expect(yield* images.search(image("python"))).toEqual([])
    }).pipe(over())
  )

  for (const [what, field, query, options] of [
    ["an empty query", "q", "", {}],
    ["a space in the query", "q", "fast python", {}],
    ["a limit of zero", "limit", "python", { limit: 0 }],
    ["a limit above the server's", "limit", "python", { limit: 101 }],
    ["a fractional limit", "limit", "python", { limit: 1.5 }]
  ] as const) {
    it.effect(`is not sent with ${what}`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip((yield* Images).search(image(query), options))).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Images.search",
          field
        })
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }

  it.effect("is a retryable ServerError with 502 when the registry fails", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.status(502, { body: '{"error":"registry search failed"}' }) })
      expect(yield* Effect.flip((yield* Images).search(image("python")))).toMatchObject({
        _tag: "ServerError",
        status: 502,
        detail: "registry search failed",
        retryable: true
      })
    }).pipe(over())
  )
})

describe("pulling an image", () => {
  const pull = (request: ImagePullRequest) => Effect.flatMap(Images, (images) => images.pull(request))

  it.effect("returns its id and makes it available on the server", () =>
    Effect.gen(function* () {
      const images = yield* Images
      const pulled = yield* pull({ image: image("docker.io/library/node:22"), platform: "linux/arm64", quiet: true })
      expect(yield* lastBody).toEqual({ image: "docker.io/library/node:22", platform: "linux/arm64", quiet: true })
      expect((yield* requests).at(-1)).toMatchObject({ method: "POST", path: "/images/pull" })
      expect(pulled).toEqual({
        success: true,
        image: "docker.io/library/node:22",
        imageId: expect.stringMatching(/^[0-9a-f]{64}$/)
      })
      expect((yield* images.get(image("node:22"))).id).toBe(pulled.imageId)
    }).pipe(over())
  )

  it.effect("may take almost ten minutes", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.slowFirstByte("9 minutes") })
      const { result, waited } = yield* timed("1 hour")(pull({ image: image("node:22") }))
      expect(result.success).toBe(true)
      expect(waited).toBe(9 * 60_000)
    }).pipe(over({ client: { timeout: "1 second" } }))
  )

  it.effect("is Timeout after ten minutes, and is not retried", () =>
    Effect.gen(function* () {
      yield* inject({ fault: Fault.hang })
      const { result, waited } = yield* timed("1 hour")(Effect.flip(pull({ image: image("node:22") })))
      expect(result).toMatchObject({ _tag: "Timeout", side: "client", attempts: 1, admitted: "unknown" })
      expect(waited).toBe(10 * 60_000)
      expect(yield* requests).toHaveLength(1)
    }).pipe(Effect.provide(services()))
  )

  it.effect("is ServerError when no registry has it", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(pull({ image: image("ghcr.io/nobody/nothing") }))).toMatchObject({
        _tag: "ServerError",
        operation: "Images.pull",
        detail: "failed to pull image"
      })
    }).pipe(over())
  )

  for (const name of ["", "-x", "a b", "a//b", "a::b", "a...b", "a---b", "a___b", "a@b@c", "é", "x".repeat(256)]) {
    it.effect(`is not sent with the name ${JSON.stringify(name.slice(0, 20))}`, () =>
      Effect.gen(function* () {
        expect(yield* Effect.flip(pull({ image: image(name) }))).toMatchObject({
          _tag: "InvalidRequest",
          operation: "Images.pull",
          field: "image"
        })
        expect(yield* requests).toEqual([])
      }).pipe(over())
    )
  }
})
