#!/bin/sh
# Creates the namespace of the missions and the search attributes that runs are stamped with. TEMPORAL_* say where.
set -eu

attributes() { temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE"; }

temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d

# A server takes some seconds to know a new namespace everywhere.
tries=0
until attributes >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { attributes; exit 1; }
  sleep 1
done

for name in MissionName MissionVersion MissionArtifact; do
  attributes | grep -qw "$name" ||
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword
done
