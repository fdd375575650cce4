/** A user that owns nothing in the image. */
const USER = 10_001

/** A pod of the `Dockerfile`'s image by the restricted standard of Kubernetes; its group owns the mounted folders. */
export const POD_SECURITY = {
  automountServiceAccountToken: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    fsGroup: USER,
    seccompProfile: { type: 'RuntimeDefault' },
  },
}

/** A container of such a pod: it writes to mounted folders only. */
export const CONTAINER_SECURITY = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
}
