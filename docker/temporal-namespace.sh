#!/bin/sh
# Creates the namespace of the missions. TEMPORAL_* say where.
set -eu

serves() { temporal workflow count --namespace "$TEMPORAL_NAMESPACE"; }

temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d

# A server takes some seconds to know a new namespace everywhere.
tries=0
until serves >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { serves; exit 1; }
  sleep 1
done
