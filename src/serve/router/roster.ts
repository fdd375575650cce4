import type { Dispatcher } from '../../dispatch/dispatcher.ts'
import { gradedType, gradeOf } from './grades.ts'
import type { Clock } from './job.ts'
import type { Member } from './member.ts'

/** The members that can serve, as the dispatcher knows them: by number, each in its grade of speed. */
export interface Roster {
  readonly size: number
  members(): Iterable<Member>
  /** The member of a number. */
  at(number: number): Member
  /** Whether there is one that is none of these. */
  hasOthers(members: ReadonlySet<Member>): boolean
  join(member: Member): void
  leave(member: Member): void
  /** It has nothing to do any more: idle, in the grade that it has by now. */
  free(member: Member): void
  /** Puts those that are idle into the grades that they have by now. */
  regrade(): void
}

export function createRoster(dispatcher: Dispatcher, clock: Clock): Roster {
  const byNumber = new Map<number, Member>()

  function join(member: Member): void {
    member.number = dispatcher.join(gradedType(member.server.type, member.grade))
    byNumber.set(member.number, member)
  }

  function leave(member: Member): void {
    if (member.number === undefined) return
    dispatcher.leave(member.number)
    byNumber.delete(member.number)
    member.number = undefined
  }

  function regrade(member: Member): void {
    const grade = gradeOf(member.factor, member.grade)
    if (grade === member.grade) return
    leave(member)
    member.grade = grade
    join(member)
  }

  return {
    get size() {
      return byNumber.size
    },
    members: () => byNumber.values(),
    at: (number) => byNumber.get(number)!,
    hasOthers(members) {
      for (const member of byNumber.values()) if (!members.has(member)) return true
      return false
    },
    join,
    leave,
    free(member) {
      member.idleMs = clock.now()
      dispatcher.complete(member.number!, member.idleMs)
      regrade(member)
    },
    regrade() {
      for (const member of [...byNumber.values()]) if (!member.run) regrade(member)
    },
  }
}
