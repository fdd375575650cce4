export type RequestState = 'arrived' | 'waiting' | 'running' | 'answered' | 'refused' | 'cancelled'
export type RequestEvent = 'accept' | 'start' | 'retry' | 'answer' | 'refuse' | 'cancel'

/**
 * The life of a request: the state that follows each event. An event that is not listed must not occur in that state.
 * docs/router.md draws this table.
 */
export const REQUEST_MOVES: Readonly<
  Record<RequestState, Readonly<Partial<Record<RequestEvent, RequestState>>>>
> = {
  arrived: { accept: 'waiting', refuse: 'refused' },
  waiting: { start: 'running', refuse: 'refused', cancel: 'cancelled' },
  running: { answer: 'answered', retry: 'waiting', refuse: 'refused', cancel: 'cancelled' },
  answered: {},
  refused: {},
  cancelled: {},
}
