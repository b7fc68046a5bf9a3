/** From the lines of an event stream to events. `Sse` makes lines of bytes. */

/** One server-sent event. */
export interface Event {
  /** The value of the last `event:` line of this event; `"message"` if there is none or it is empty. */
  readonly event: string
  /** The values of the `data:` lines of this event, joined with a line feed. */
  readonly data: string
  /** The last event id that the server has set, with this event or an earlier one; `""` if it has set none. */
  readonly id: string
  /**
   * The last reconnection time in milliseconds that the server has set, with or before this event; absent if it has set
   * none. Informational: nothing here waits or reconnects.
   */
  readonly retry?: number
}

const COLON = 58
const SPACE = 32
const onlyDigits = /^[0-9]+$/

/**
 * A copy that does not retain the string that `text` was cut from. Engines represent a slice as a reference into the
 * whole string, so a few characters would keep the text of an entire read in memory.
 */
export const detached = (text: string): string => ` ${text}`.slice(1)

/** Collects lines until an empty one ends the event. */
export class EventBuilder {
  /** The events that have ended since `takeCompleted` was last called. */
  private completed: Array<Event> = []

  /** The data lines of the current event: one string per earlier chunk, and those of the current chunk. */
  private earlierData: Array<string> = []
  private data: string | undefined
  private eventType = ""
  private size = 0

  // Unlike the fields above, these two are kept after an event.
  private lastEventId = ""
  private retry: number | undefined

  private readonly maxEventSize: number

  constructor(maxEventSize: number) {
    this.maxEventSize = maxEventSize
  }

  /** Whether the event stays within its limit with `length` more characters. */
  hasRoomFor(length: number): boolean {
    return this.size + length <= this.maxEventSize
  }

  /** Adds the line `text[start, end)`. Returns `false`, and ignores the line, if that makes the event too large. */
  addLine(text: string, start: number, end: number): boolean {
    if (start === end) {
      this.endEvent()
      return true
    }
    if (text.charCodeAt(start) === COLON) return true // a comment
    if (!this.hasRoomFor(end - start)) return false
    this.size += end - start
    let colon = start
    while (colon < end && text.charCodeAt(colon) !== COLON) colon += 1
    const valueStart = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1
    // Without a colon, `valueStart` is beyond the end and the value is empty.
    this.setField(text.slice(start, colon), text.slice(valueStart, end))
    return true
  }

  /** Returns the events that have ended, at the end of a chunk. */
  takeCompleted(): Array<Event> {
    if (this.data !== undefined) {
      this.earlierData.push(detached(this.data))
      this.data = undefined
    }
    const completed = this.completed
    this.completed = []
    return completed
  }

  private setField(name: string, value: string): void {
    switch (name) {
      case "data":
        // Joined by reference and read with the event, so engines copy each character once.
        this.data = this.data === undefined ? value : `${this.data}\n${value}`
        break
      case "event":
        this.eventType = value
        break
      case "id":
        if (!value.includes("\0")) this.lastEventId = value
        break
      case "retry":
        // A number with too many digits must not become `Infinity`.
        if (onlyDigits.test(value)) this.retry = Math.min(Number(value), Number.MAX_SAFE_INTEGER)
        break
    }
  }

  private endEvent(): void {
    const data = this.takeData()
    if (data !== undefined) {
      const event = this.eventType === "" ? "message" : this.eventType
      const id = this.lastEventId
      this.completed.push(this.retry === undefined ? { event, data, id } : { event, data, id, retry: this.retry })
    }
    this.eventType = ""
    this.size = 0
  }

  /** The data of the event, or `undefined` if it had no data line. */
  private takeData(): string | undefined {
    const data = this.data
    this.data = undefined
    if (this.earlierData.length === 0) return data
    const parts = this.earlierData
    this.earlierData = []
    if (data !== undefined) parts.push(data)
    return parts.join("\n")
  }
}
