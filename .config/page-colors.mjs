// The colours of figures on a dark page, read from the one place that has them.
import { build } from 'esbuild'

const { outputFiles } = await build({
  entryPoints: ['src/report/plots/palette.ts'],
  bundle: true,
  write: false,
  format: 'esm',
})
const module = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
)

export const darkColors = module.darkColors
