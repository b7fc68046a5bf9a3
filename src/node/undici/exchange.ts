/** One request on its way and its answer as it comes in, in the terms of undici: no promise, no signal, no stream of Node's. */
import type { Buffer } from "node:buffer"
import type { Dispatcher } from "undici"

/** What may wait for its reader, in bytes. Beyond that the connection is not read, and the server has to wait. */
const mayWait = 256 * 1024

/** What may still come of a body that nobody reads, and for how long, so that its connection can be kept. In bytes and milliseconds. */
const mayFollow = 16 * 1024
const mayTake = 100

export type AnswerHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2]

/** What becomes of a request. Either `onAnswer` or `onFailure` is called, once, unless it is aborted. */
export interface Outcome {
  readonly onAnswer: (status: number, headers: AnswerHeaders) => void
  readonly onFailure: (cause: unknown) => void
  /** The exchange is over, whatever ended it. */
  readonly onEnd: () => void
}

/** What there is of a body at the moment. */
export type Available = Bytes | Final | { readonly _tag: "waiting" }

/** All of a body, or what broke it. */
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
  readonly #wantsWhole: boolean
  #mayWait: number
  #controller: Dispatcher.DispatchController | undefined
  #isAborted = false
  #farewell: NodeJS.Timeout | undefined
  #isAnswered = false
  #announceAnswer: (() => void) | undefined
  #parts: Array<Uint8Array> = []
  #size = 0
  #final: Final | undefined
  #reader: (() => void) | undefined

  /** With `wholeUpTo`, there is no answer before its body is whole, or has more bytes than that. */
  constructor(outcome: Outcome, wholeUpTo?: number) {
    this.#outcome = outcome
    this.#wantsWhole = wholeUpTo !== undefined
    this.#mayWait = wholeUpTo ?? mayWait
  }

  /** Closes the connection, unless the exchange is over and the connection free for the next. */
  abort(): void {
    if (this.#final !== undefined) return
    this.#isAborted = true
    this.#finish({ _tag: "broken", cause: new Error("The response was abandoned") })
    this.#controller?.abort(new Error("The request was interrupted"))
  }

  conclude(ended: () => void): void {
    // undici has the connection back a turn of the event loop after the end, and another for who asks sooner.
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

  /** What has come since the last time. */
  take(): Available {
    if (this.#size === 0) return this.#final ?? waiting
    const parts = this.#parts
    this.#parts = []
    this.#size = 0
    this.#readOn()
    return { _tag: "bytes", parts }
  }

  /** Calls back once, when `take` has something else than `waiting`. */
  whenAvailable(reader: () => void): void {
    this.#reader = reader
  }

  /** All of the body, when it is over; for who has taken nothing of it. */
  get whole(): Whole | undefined {
    return this.#final?._tag === "end" ? { _tag: "bytes", parts: this.#parts } : this.#final
  }

  /** Reads on to the end, however far that is, and calls back once. */
  whenWhole(reader: () => void): void {
    this.#mayWait = Number.POSITIVE_INFINITY
    this.#reader = reader
    this.#readOn()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isAborted) controller.abort(new Error("The request was interrupted"))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // What is informational, 103 say, is not the answer.
    if (status < 200) return
    this.#isAnswered = true
    this.#announceAnswer = () => {
      if (!this.#isAborted) this.#outcome.onAnswer(status, headers)
    }
    if (!this.#wantsWhole) this.#announce()
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isAborted) return
    this.#size += bytes.length
    if (this.#farewell !== undefined) {
      if (this.#size > mayFollow) this.abort()
      return
    }
    this.#parts.push(bytes)
    if (this.#size > this.#mayWait) {
      controller.pause()
      this.#announce()
    }
    if (this.#mayWait === mayWait) this.#notify()
  }

  onResponseEnd(): void {
    this.#finish(end)
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#finish({ _tag: "broken", cause })
  }

  #finish(final: Final): void {
    if (this.#final !== undefined) return
    this.#final = final
    clearTimeout(this.#farewell)
    this.#outcome.onEnd()
    if (final._tag === "broken" && !this.#isAnswered) this.#outcome.onFailure(final.cause)
    this.#announce()
    this.#notify()
  }

  /**
   * A turn of the event loop later: most bodies come in the same read as their headers, and undici has the connection back
   * by then. Who asks for one sooner gets another.
   */
  #announce(): void {
    const announce = this.#announceAnswer
    this.#announceAnswer = undefined
    if (announce !== undefined) setImmediate(announce)
  }

  #notify(): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.()
  }

  #readOn(): void {
    if (this.#controller?.paused === true) this.#controller.resume()
  }
}
