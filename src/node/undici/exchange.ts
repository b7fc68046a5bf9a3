/** One request and its response, as a handler of undici: no promise, no signal, no Node stream. */
import type { Buffer } from "node:buffer"
import type { Dispatcher } from "undici"
import { type ContentDecoder, contentDecoder } from "./contentDecoder.js"

/** How many bytes are buffered for the reader. Beyond that the connection is paused. */
const mayWait = 256 * 1024

/**
 * How many bytes of an unread body are discarded, and for how many milliseconds, so that its connection can be kept.
 */
const mayFollow = 16 * 1024
const mayTake = 100

export type ResponseHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2]

/** The outcome of a request. Either `onResponse` or `onFailure` is called, once, unless it is aborted. */
export interface Outcome {
  readonly onResponse: (status: number, headers: ResponseHeaders) => void
  /** `isUnsent`: there was no connection for it. */
  readonly onFailure: (cause: unknown, isUnsent: boolean) => void
  /** The exchange is over, for whatever reason. */
  readonly onEnd: () => void
}

/** The part of a body that is available now. */
export type Available = Bytes | Final | { readonly _tag: "waiting" }

/** All of a body, or the cause that broke it. */
export type Whole = Bytes | Broken

interface Bytes {
  readonly _tag: "bytes"
  readonly parts: ReadonlyArray<Uint8Array>
}

interface Broken {
  readonly _tag: "broken"
  readonly cause: unknown
}

type Final = Broken | { readonly _tag: "end" }

const end: Final = { _tag: "end" }
const waiting: Available = { _tag: "waiting" }

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #outcome: Outcome
  readonly #maxFailure: number
  #wholeUpTo: number | undefined
  #mayWait: number
  #controller: Dispatcher.DispatchController | undefined
  #decoder: ContentDecoder | undefined
  #isAborted = false
  #farewell: ReturnType<typeof setTimeout> | undefined
  #hasResponded = false
  #announceResponse: (() => void) | undefined
  #parts: Array<Uint8Array> = []
  #size = 0
  #final: Final | undefined
  #reader: (() => void) | undefined

  /**
   * With `wholeUpTo`, the response comes when its body is complete. One with more bytes than that, or than `maxFailure`
   * if it is no success, is cut off after a few more, and its connection is closed at once: nothing else may read it,
   * so nothing else could close it.
   */
  constructor(outcome: Outcome, wholeUpTo?: number, maxFailure = Number.POSITIVE_INFINITY) {
    this.#outcome = outcome
    this.#wholeUpTo = wholeUpTo
    this.#maxFailure = maxFailure
    this.#mayWait = wholeUpTo ?? mayWait
  }

  /** Closes the connection, unless the exchange is over and the connection is free again. */
  abort(): void {
    if (this.#final !== undefined) return
    this.#isAborted = true
    this.#finish({ _tag: "broken", cause: new Error("The response was abandoned") })
    this.#controller?.abort(new Error("The request was interrupted"))
  }

  /** Discards the rest of the body, and calls back when it has ended, or was cut off because it took too long. */
  conclude(ended: () => void): void {
    // undici has the connection back one turn of the event loop after the end; an earlier request gets another one.
    const later = () => setImmediate(() => setImmediate(ended))
    if (this.#final !== undefined) {
      later()
      return
    }
    this.#parts = []
    this.#size = 0
    this.#reader = later
    this.#farewell = setTimeout(() => this.abort(), mayTake)
    this.#readOn()
  }

  /** The bytes received since the last call. */
  take(): Available {
    if (this.#size === 0) return this.#final ?? waiting
    const parts = this.#parts
    this.#parts = []
    this.#size = 0
    this.#readOn()
    return { _tag: "bytes", parts }
  }

  /** Calls back once, when `take` does not return `waiting`. */
  whenAvailable(reader: () => void): void {
    this.#reader = reader
  }

  /** All of the body, when it has ended and nothing was taken from it. */
  get whole(): Whole | undefined {
    return this.#final?._tag === "end" ? { _tag: "bytes", parts: this.#parts } : this.#final
  }

  /** Reads to the end, whatever the size, and calls back once. */
  whenWhole(reader: () => void): void {
    this.#mayWait = Number.POSITIVE_INFINITY
    this.#reader = reader
    this.#readOn()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) controller.abort(new Error("The request was interrupted"))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    // Informational responses, such as 103, come before the response.
    if (status < 200) return
    this.#hasResponded = true
    if (status >= 300 && this.#wholeUpTo !== undefined) {
      this.#wholeUpTo = Math.min(this.#wholeUpTo, this.#maxFailure)
      this.#mayWait = this.#wholeUpTo
    }
    this.#announceResponse = () => {
      if (!this.#isAborted) this.#outcome.onResponse(status, headers)
    }
    this.#decoder = contentDecoder(headers["content-encoding"], {
      onBytes: (bytes) => this.#receive(bytes),
      onDrained: () => this.#resumeConnection(),
      onEnd: () => this.#finish(end),
      onError: (cause) => this.#break(cause)
    })
    if (this.#wholeUpTo === undefined) this.#announce()
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#final !== undefined) return
    if (this.#decoder === undefined) this.#receive(bytes)
    else if (!this.#decoder.write(bytes)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.#decoder === undefined) this.#finish(end)
    else this.#decoder.end()
  }

  /** Bytes of the body, decoded. */
  #receive(bytes: Uint8Array): void {
    if (this.#final !== undefined) return
    this.#size += bytes.length
    if (this.#farewell !== undefined) {
      if (this.#size > mayFollow) this.abort()
      return
    }
    this.#parts.push(bytes)
    if (this.#size > this.#mayWait) {
      if (this.#mayWait === this.#wholeUpTo) {
        this.#finish(end)
        this.#closeConnection()
        return
      }
      if (this.#decoder === undefined) this.#controller?.pause()
      else this.#decoder.pause()
    }
    if (this.#mayWait === mayWait) this.#notify()
  }

  /** The body cannot be read on, although its connection is well. */
  #break(cause: Error): void {
    if (this.#final !== undefined) return
    this.#finish({ _tag: "broken", cause })
    this.#closeConnection()
  }

  #closeConnection(): void {
    this.#controller?.abort(new Error("The rest of the response is not wanted"))
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#finish({ _tag: "broken", cause })
  }

  #finish(final: Final): void {
    if (this.#final !== undefined) return
    this.#final = final
    clearTimeout(this.#farewell)
    this.#decoder?.destroy()
    this.#outcome.onEnd()
    if (final._tag === "broken" && !this.#hasResponded) {
      this.#outcome.onFailure(final.cause, this.#controller === undefined)
    }
    this.#announce()
    this.#notify()
  }

  /**
   * One turn of the event loop later: most bodies arrive in the same read as their headers, and undici has the
   * connection back by then. An earlier request would get another one.
   */
  #announce(): void {
    const announce = this.#announceResponse
    this.#announceResponse = undefined
    if (announce !== undefined) setImmediate(announce)
  }

  #notify(): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.()
  }

  #readOn(): void {
    if (this.#decoder === undefined) this.#resumeConnection()
    else this.#decoder.resume()
  }

  #resumeConnection(): void {
    if (this.#controller?.paused === true) this.#controller.resume()
  }
}
