/** Map projections, which no figure of the page uses. */
export const projection = () => undefined
export const getProjectionPath = () => undefined
export const projectionProperties: readonly string[] = []
