/** One source of events and any number of listeners, none of which can hold up the source or each other. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"

/** What one listener hears: everything from the moment on that it was made. Read once. */
export interface Listener<A, E> {
  readonly heard: Stream.Stream<A, E>
  /** Nothing more is kept for it; what it has not read yet is still there, and then `heard` ends. */
  readonly leave: Effect.Effect<void>
}

export interface Listeners<A, E> {
  readonly listen: Effect.Effect<Listener<A, E>>
  readonly tell: (event: A) => Effect.Effect<void>
  /** The end for all listeners, those that come later included. Only the first call counts. */
  readonly end: (exit: Exit.Exit<void, E>) => Effect.Effect<void>
}

/** `tooSlow` is what a listener gets, after the events that it has not read, when they have become `longestBacklog`. */
export const make = <A, E>(options: {
  readonly longestBacklog: number
  readonly tooSlow: Exit.Exit<never, E>
}): Listeners<A, E> => {
  const present = new Set<Mailbox.Mailbox<A, E>>()
  let ended: Exit.Exit<void, E> | undefined

  const dismiss = (mailbox: Mailbox.Mailbox<A, E>, exit: Exit.Exit<void, E>) => {
    present.delete(mailbox)
    mailbox.unsafeDone(exit)
  }
  return {
    listen: Effect.map(Mailbox.make<A, E>(), (mailbox) => {
      if (ended === undefined) present.add(mailbox)
      else mailbox.unsafeDone(ended)
      return {
        heard: Mailbox.toStream(mailbox),
        leave: Effect.sync(() => dismiss(mailbox, Exit.void))
      }
    }),
    tell: (event) =>
      Effect.sync(() => {
        for (const mailbox of present) {
          const backlog = Option.getOrElse(mailbox.unsafeSize(), () => 0)
          if (backlog < options.longestBacklog) mailbox.unsafeOffer(event)
          else dismiss(mailbox, options.tooSlow)
        }
      }),
    end: (exit) =>
      Effect.sync(() => {
        ended ??= exit
        for (const mailbox of present) dismiss(mailbox, ended)
      })
  }
}
