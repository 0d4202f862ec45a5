import type { Rule } from "../engine/rule.ts";
import activeTrueSocket from "./growth/active-true-socket.ts";
import bareSpawn from "./processes/bare-spawn.ts";
import blockingCallInCallback from "./blocking/blocking-call-in-callback.ts";
import blockingInit from "./blocking/blocking-init.ts";
import blockingIoInCallback from "./blocking/blocking-io-in-callback.ts";
import checkThenCreate from "./races/check-then-create.ts";
import cleanupNeverRuns from "./resources/cleanup-never-runs.ts";
import dynamicAtom from "./resources/dynamic-atom.ts";
import envDependentTree from "./supervision/env-dependent-tree.ts";
import etsDeleteThenInsert from "./ets/ets-delete-then-insert.ts";
import etsForeignWrite from "./ets/ets-foreign-write.ts";
import etsIncrementThenUndo from "./ets/ets-increment-then-undo.ts";
import etsLookupThenDelete from "./ets/ets-lookup-then-delete.ts";
import etsReadModifyWrite from "./ets/ets-read-modify-write.ts";
import failOpen from "./errors/fail-open.ts";
import godModule from "./design/god-module.ts";
import growOnlyState from "./growth/grow-only-state.ts";
import growOnlyTable from "./growth/grow-only-table.ts";
import incompleteCleanup from "./growth/incomplete-cleanup.ts";
import intervalBacklog from "./growth/interval-backlog.ts";
import linkedTaskInServer from "./processes/linked-task-in-server.ts";
import lookupThenCall from "./errors/lookup-then-call.ts";
import maybeDeadTarget from "./errors/maybe-dead-target.ts";
import missingCatchAll from "./errors/missing-catch-all.ts";
import monitorLeak from "./monitors/monitor-leak.ts";
import multiModuleFile from "./design/multi-module-file.ts";
import orphanTask from "./processes/orphan-task.ts";
import persistentTermChurn from "./resources/persistent-term-churn.ts";
import processDictionaryState from "./processes/process-dictionary-state.ts";
import rescueMissesExit from "./errors/rescue-misses-exit.ts";
import retryOutlivesTimeout from "./races/retry-outlives-timeout.ts";
import selfCall from "./blocking/self-call.ts";
import sendCountedAsDelivery from "./messages/send-counted-as-delivery.ts";
import silentFailurePath from "./telemetry/silent-failure-path.ts";
import sleepAsSync from "./tests/sleep-as-sync.ts";
import sleepInCallback from "./blocking/sleep-in-callback.ts";
import splitReadWrite from "./races/split-read-write.ts";
import startLinkOutsideTree from "./supervision/start-link-outside-tree.ts";
import startLinkWithoutLink from "./supervision/start-link-without-link.ts";
import startLoserUnmatched from "./races/start-loser-unmatched.ts";
import streamExitUnmatched from "./errors/stream-exit-unmatched.ts";
import swallowedException from "./errors/swallowed-exception.ts";
import syncCallCycle from "./blocking/sync-call-cycle.ts";
import taskHandedOut from "./errors/task-handed-out.ts";
import telemetryAsControlFlow from "./blocking/telemetry-as-control-flow.ts";
import telemetryNeverDetached from "./resources/telemetry-never-detached.ts";
import telemetryOutlier from "./telemetry/telemetry-outlier.ts";
import transientTableOwner from "./resources/transient-table-owner.ts";
import unboundedFanOut from "./growth/unbounded-fan-out.ts";
import unboundedQueue from "./growth/unbounded-queue.ts";
import unboundedWait from "./blocking/unbounded-wait.ts";
import unknownStateKey from "./errors/unknown-state-key.ts";
import unlinkedStart from "./processes/unlinked-start.ts";
import userFunctionInServer from "./blocking/user-function-in-server.ts";
import waitInCallback from "./blocking/wait-in-callback.ts";
import wildcardTelemetryEvent from "./telemetry/wildcard-telemetry-event.ts";
import wrongExitReason from "./processes/wrong-exit-reason.ts";

/** Every rule, sorted by id. Written by `npm run gen`. */
export const rules: readonly Rule[] = [
  activeTrueSocket,
  bareSpawn,
  blockingCallInCallback,
  blockingInit,
  blockingIoInCallback,
  checkThenCreate,
  cleanupNeverRuns,
  dynamicAtom,
  envDependentTree,
  etsDeleteThenInsert,
  etsForeignWrite,
  etsIncrementThenUndo,
  etsLookupThenDelete,
  etsReadModifyWrite,
  failOpen,
  godModule,
  growOnlyState,
  growOnlyTable,
  incompleteCleanup,
  intervalBacklog,
  linkedTaskInServer,
  lookupThenCall,
  maybeDeadTarget,
  missingCatchAll,
  monitorLeak,
  multiModuleFile,
  orphanTask,
  persistentTermChurn,
  processDictionaryState,
  rescueMissesExit,
  retryOutlivesTimeout,
  selfCall,
  sendCountedAsDelivery,
  silentFailurePath,
  sleepAsSync,
  sleepInCallback,
  splitReadWrite,
  startLinkOutsideTree,
  startLinkWithoutLink,
  startLoserUnmatched,
  streamExitUnmatched,
  swallowedException,
  syncCallCycle,
  taskHandedOut,
  telemetryAsControlFlow,
  telemetryNeverDetached,
  telemetryOutlier,
  transientTableOwner,
  unboundedFanOut,
  unboundedQueue,
  unboundedWait,
  unknownStateKey,
  unlinkedStart,
  userFunctionInServer,
  waitInCallback,
  wildcardTelemetryEvent,
  wrongExitReason,
];
