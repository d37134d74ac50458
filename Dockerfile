# relock: worker and command line. Secrets come as files at run time; none is in the image.
FROM node:22.21-bookworm-slim AS build
WORKDIR /relock
# The lock file decides; scripts run only for what is built below.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY schema schema
COPY bin bin
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22.21-bookworm-slim
# Signals reach relock by tini, and orphans are reaped.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/* \
  && groupadd --gid 10001 relock && useradd --uid 10001 --gid 10001 --no-create-home relock \
  && mkdir /data && chown relock:relock /data
WORKDIR /relock
COPY --from=build /relock/package.json ./
COPY --from=build /relock/node_modules node_modules
COPY --from=build /relock/dist dist
COPY --from=build /relock/bin bin
COPY --from=build /relock/schema schema
ENV NODE_ENV=production
USER 10001:10001
VOLUME /data
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/relock/bin/relock.js"]
CMD ["--config", "/etc/relock/relock.yaml", "worker", "--health", "0.0.0.0:9464"]
