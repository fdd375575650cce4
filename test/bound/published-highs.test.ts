/** The claim of the README: published configurations, bounded by HiGHS as well, agree to 1e-13. */
import { expect, test } from 'vitest'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readSpace } from '../../src/files/documents/space.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { highsBound } from '../kernel/fluid-highs.ts'

test.each(['rm2', 'ncf', 'wnd', 'mtwnd', 'dien'])(
  'the bounds of %s are those of HiGHS to 1e-13',
  async (model) => {
    const workload = await readWorkload(model)
    const space = await readSpace('hpdc23')
    const program = fluidProgram(
      workload,
      space.types.map(({ name }) => name),
    )
    const { rows } = await rankConfigurations({ workload, space, topN: 331 })
    // every twelfth, to be quick
    const some = rows.filter((_, i) => i % 12 === 0)
    expect(some.length).toBeGreaterThan(20)
    const errors = some.map(({ bound, counts }) => Math.abs(highsBound(program, counts).bound / bound - 1))
    expect(Math.max(...errors)).toBeLessThan(1e-13)
  },
)
