/** One source of events and any number of subscribers, none of which can hold up the source or the others. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"

export interface Subscription<A, E> {
  /** Every event since the subscription was made. Can be read once. */
  readonly events: Stream.Stream<A, E>
  /** Adds nothing more; `events` ends after what it has not read yet. */
  readonly unsubscribe: Effect.Effect<void>
}

export interface Broadcast<A, E> {
  readonly subscribe: Effect.Effect<Subscription<A, E>>
  readonly publish: (event: A) => Effect.Effect<void>
  /** Ends all subscriptions, later ones included. Only the first call counts. */
  readonly end: (exit: Exit.Exit<void, E>) => Effect.Effect<void>
}

/** A subscription with `capacity` unread events ends with `onOverflow` after them. */
export const make = <A, E>(options: {
  readonly capacity: number
  readonly onOverflow: Exit.Exit<never, E>
}): Broadcast<A, E> => {
  const mailboxes = new Set<Mailbox.Mailbox<A, E>>()
  let ended: Exit.Exit<void, E> | undefined

  const close = (mailbox: Mailbox.Mailbox<A, E>, exit: Exit.Exit<void, E>) => {
    mailboxes.delete(mailbox)
    mailbox.unsafeDone(exit)
  }
  return {
    subscribe: Effect.map(Mailbox.make<A, E>(), (mailbox) => {
      if (ended === undefined) mailboxes.add(mailbox)
      else mailbox.unsafeDone(ended)
      return {
        events: Mailbox.toStream(mailbox),
        unsubscribe: Effect.sync(() => close(mailbox, Exit.void))
      }
    }),
    publish: (event) =>
      Effect.sync(() => {
        for (const mailbox of mailboxes) {
          const unread = Option.getOrElse(mailbox.unsafeSize(), () => 0)
          if (unread < options.capacity) mailbox.unsafeOffer(event)
          else close(mailbox, options.onOverflow)
        }
      }),
    end: (exit) =>
      Effect.sync(() => {
        ended ??= exit
        for (const mailbox of mailboxes) close(mailbox, ended)
      })
  }
}
