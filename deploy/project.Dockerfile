# A project's image: mission-runtime, which is one of its dependencies, and the packages that its activities load from
# node_modules because they have a native addon. Source and versions are not in it: those come from the registry.
#   docker build -f node_modules/mission-runtime/deploy/project.Dockerfile -t registry.example.com/refunds:5 .
# Debian, as the Temporal SDK needs glibc.
FROM node:20-bookworm-slim AS build
# For addons that are compiled when they are installed.
RUN apt-get update && apt-get install -y --no-install-recommends g++ make python3 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
# The Temporal SDK checks TLS certificates against those of the system.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
USER node
ENTRYPOINT ["node", "/app/node_modules/mission-runtime/dist/cli/main.js"]
CMD ["worker"]
