import type { Policy } from './policy.ts'

/**
 * After Clockwork (Gujarati and others, "Serving DNNs like Clockwork: Performance Predictability from the
 * Bottom Up", OSDI 2020): service times are predictable, so every query has a latest start on every type, and
 * an instance that is idle takes the query whose latest start comes first. One that cannot be in time is not
 * started while another can; Clockwork refuses it, here it is served when an instance has nothing better.
 */
export const deadline: Policy = {
  name: 'deadline',
  summary: 'earliest latest start by predicted service time (Clockwork, OSDI 2020)',
  prepare:
    ({ qosMs }) =>
    () => ({ kind: 'deadline', qosMs }),
}
