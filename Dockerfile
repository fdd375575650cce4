# syntax=docker/dockerfile:1
# The command line in an image. It runs as a user without rights on a read-only root: all output goes to mounted folders.
#   docker build -t kairos-wasm .
#   docker run --init --read-only --rm kairos-wasm allocate --model rm2
# --init: a command that handles no signals would not end by Ctrl-C, because the first process of a container is not ended by them.

FROM node:20.20-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts
# the command in the path, for the manifests of --emit kubernetes
RUN mkdir bin && ln -s /app/dist/cli/main.js bin/kairos-wasm

FROM node:20.20-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/build ./build
COPY --from=build /build/dist ./dist
COPY --from=build /build/data ./data
COPY --from=build /build/bin/ /usr/local/bin/
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
