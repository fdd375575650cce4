// Properties draw the same cases in every run: a defect that only one case in a million shows is looked for by
// hand with other seeds (SEED=…), and never stops an unrelated change.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) })
