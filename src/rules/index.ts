import type { Rule } from "../engine/rule.ts";
import activeTrueSocket from "./growth/active-true-socket.ts";
import answeredEntryKept from "./growth/answered-entry-kept.ts";
import anyDownTaken from "./monitors/any-down-taken.ts";
import arrangedMessageUnhandled from "./errors/arranged-message-unhandled.ts";
import assertedOutcome from "./errors/asserted-outcome.ts";
import asyncGlobalState from "./tests/async-global-state.ts";
import badCallbackReturn from "./errors/bad-callback-return.ts";
import bareSpawn from "./processes/bare-spawn.ts";
import blockingCallInCallback from "./blocking/blocking-call-in-callback.ts";
import blockingInit from "./blocking/blocking-init.ts";
import blockingIoInCallback from "./blocking/blocking-io-in-callback.ts";
import brokenChildSpec from "./supervision/broken-child-spec.ts";
import checkThenCreate from "./races/check-then-create.ts";
import childNeverStops from "./resources/child-never-stops.ts";
import childOrder from "./supervision/child-order.ts";
import cleanupNeverRuns from "./resources/cleanup-never-runs.ts";
import deadMessageClause from "./messages/dead-message-clause.ts";
import deadProcessKept from "./growth/dead-process-kept.ts";
import demonitorForgotten from "./monitors/demonitor-forgotten.ts";
import demonitorWithoutFlush from "./monitors/demonitor-without-flush.ts";
import dynamicAtom from "./resources/dynamic-atom.ts";
import envDependentTree from "./supervision/env-dependent-tree.ts";
import etsDeleteThenInsert from "./ets/ets-delete-then-insert.ts";
import etsForeignWrite from "./ets/ets-foreign-write.ts";
import etsIncrementThenUndo from "./ets/ets-increment-then-undo.ts";
import etsLookupThenDelete from "./ets/ets-lookup-then-delete.ts";
import etsReadModifyWrite from "./ets/ets-read-modify-write.ts";
import failOpen from "./errors/fail-open.ts";
import godModule from "./design/god-module.ts";
import godProcess from "./design/god-process.ts";
import growOnlyState from "./growth/grow-only-state.ts";
import growOnlyTable from "./growth/grow-only-table.ts";
import handRolledCall from "./messages/hand-rolled-call.ts";
import handlerRaises from "./errors/handler-raises.ts";
import ignoredStartResult from "./errors/ignored-start-result.ts";
import incompleteCleanup from "./growth/incomplete-cleanup.ts";
import intervalBacklog from "./growth/interval-backlog.ts";
import killThenAssert from "./tests/kill-then-assert.ts";
import lateSetupMessage from "./races/late-setup-message.ts";
import linkedTaskInServer from "./processes/linked-task-in-server.ts";
import linkedTaskYielded from "./processes/linked-task-yielded.ts";
import localTelemetryHandler from "./telemetry/local-telemetry-handler.ts";
import lookupThenCall from "./errors/lookup-then-call.ts";
import lostTimeout from "./messages/lost-timeout.ts";
import maybeDeadTarget from "./errors/maybe-dead-target.ts";
import missingCatchAll from "./errors/missing-catch-all.ts";
import monitorLeak from "./monitors/monitor-leak.ts";
import monitorNotReleased from "./monitors/monitor-not-released.ts";
import multiModuleFile from "./design/multi-module-file.ts";
import nilHandleReleased from "./errors/nil-handle-released.ts";
import normalStopSparesChildren from "./resources/normal-stop-spares-children.ts";
import orphanTask from "./processes/orphan-task.ts";
import oversizedMessage from "./messages/oversized-message.ts";
import persistentTermChurn from "./resources/persistent-term-churn.ts";
import processDictionaryState from "./processes/process-dictionary-state.ts";
import removedUnderAnotherKey from "./growth/removed-under-another-key.ts";
import replacedTwice from "./supervision/replaced-twice.ts";
import replyNeverSent from "./errors/reply-never-sent.ts";
import rescueMissesExit from "./errors/rescue-misses-exit.ts";
import restartOptionLost from "./supervision/restart-option-lost.ts";
import restartTypeMismatch from "./supervision/restart-type-mismatch.ts";
import retryOutlivesTimeout from "./races/retry-outlives-timeout.ts";
import scatteredInterface from "./messages/scattered-interface.ts";
import selfCall from "./blocking/self-call.ts";
import sendCountedAsDelivery from "./messages/send-counted-as-delivery.ts";
import sendToServer from "./messages/send-to-server.ts";
import setupInTask from "./processes/setup-in-task.ts";
import silentFailurePath from "./telemetry/silent-failure-path.ts";
import sleepAsSync from "./tests/sleep-as-sync.ts";
import sleepInCallback from "./blocking/sleep-in-callback.ts";
import splitReadWrite from "./races/split-read-write.ts";
import staleTimer from "./resources/stale-timer.ts";
import startLinkOutsideTree from "./supervision/start-link-outside-tree.ts";
import startLinkWithoutLink from "./supervision/start-link-without-link.ts";
import startLoserUnmatched from "./races/start-loser-unmatched.ts";
import stateLostInBranch from "./errors/state-lost-in-branch.ts";
import statelessServer from "./design/stateless-server.ts";
import strategyMismatch from "./supervision/strategy-mismatch.ts";
import streamExitUnmatched from "./errors/stream-exit-unmatched.ts";
import subscribeAfterRead from "./races/subscribe-after-read.ts";
import swallowedException from "./errors/swallowed-exception.ts";
import swallowedExit from "./errors/swallowed-exit.ts";
import syncCallCycle from "./blocking/sync-call-cycle.ts";
import taskHandedOut from "./errors/task-handed-out.ts";
import telemetryAsControlFlow from "./blocking/telemetry-as-control-flow.ts";
import telemetryNeverDetached from "./resources/telemetry-never-detached.ts";
import telemetryOutlier from "./telemetry/telemetry-outlier.ts";
import timerArmedTwice from "./resources/timer-armed-twice.ts";
import transientTableOwner from "./resources/transient-table-owner.ts";
import trapExitInCaller from "./processes/trap-exit-in-caller.ts";
import unboundedFanOut from "./growth/unbounded-fan-out.ts";
import unboundedQueue from "./growth/unbounded-queue.ts";
import unboundedWait from "./blocking/unbounded-wait.ts";
import unclosedResource from "./resources/unclosed-resource.ts";
import unfixedTableWalk from "./ets/unfixed-table-walk.ts";
import unhandledMessage from "./messages/unhandled-message.ts";
import unknownStateKey from "./errors/unknown-state-key.ts";
import unlinkedStart from "./processes/unlinked-start.ts";
import unmonitoredHolder from "./resources/unmonitored-holder.ts";
import unownedTestProcess from "./tests/unowned-test-process.ts";
import unpairedSpan from "./telemetry/unpaired-span.ts";
import userFunctionInServer from "./blocking/user-function-in-server.ts";
import waitInCallback from "./blocking/wait-in-callback.ts";
import watchedCallUncaught from "./errors/watched-call-uncaught.ts";
import wildcardTelemetryEvent from "./telemetry/wildcard-telemetry-event.ts";
import wrongAddress from "./messages/wrong-address.ts";
import wrongExitReason from "./processes/wrong-exit-reason.ts";
import wrongTimerCancel from "./resources/wrong-timer-cancel.ts";

/** Every rule, sorted by id. Written by `npm run gen`. */
export const rules: readonly Rule[] = [
  activeTrueSocket,
  answeredEntryKept,
  anyDownTaken,
  arrangedMessageUnhandled,
  assertedOutcome,
  asyncGlobalState,
  badCallbackReturn,
  bareSpawn,
  blockingCallInCallback,
  blockingInit,
  blockingIoInCallback,
  brokenChildSpec,
  checkThenCreate,
  childNeverStops,
  childOrder,
  cleanupNeverRuns,
  deadMessageClause,
  deadProcessKept,
  demonitorForgotten,
  demonitorWithoutFlush,
  dynamicAtom,
  envDependentTree,
  etsDeleteThenInsert,
  etsForeignWrite,
  etsIncrementThenUndo,
  etsLookupThenDelete,
  etsReadModifyWrite,
  failOpen,
  godModule,
  godProcess,
  growOnlyState,
  growOnlyTable,
  handRolledCall,
  handlerRaises,
  ignoredStartResult,
  incompleteCleanup,
  intervalBacklog,
  killThenAssert,
  lateSetupMessage,
  linkedTaskInServer,
  linkedTaskYielded,
  localTelemetryHandler,
  lookupThenCall,
  lostTimeout,
  maybeDeadTarget,
  missingCatchAll,
  monitorLeak,
  monitorNotReleased,
  multiModuleFile,
  nilHandleReleased,
  normalStopSparesChildren,
  orphanTask,
  oversizedMessage,
  persistentTermChurn,
  processDictionaryState,
  removedUnderAnotherKey,
  replacedTwice,
  replyNeverSent,
  rescueMissesExit,
  restartOptionLost,
  restartTypeMismatch,
  retryOutlivesTimeout,
  scatteredInterface,
  selfCall,
  sendCountedAsDelivery,
  sendToServer,
  setupInTask,
  silentFailurePath,
  sleepAsSync,
  sleepInCallback,
  splitReadWrite,
  staleTimer,
  startLinkOutsideTree,
  startLinkWithoutLink,
  startLoserUnmatched,
  stateLostInBranch,
  statelessServer,
  strategyMismatch,
  streamExitUnmatched,
  subscribeAfterRead,
  swallowedException,
  swallowedExit,
  syncCallCycle,
  taskHandedOut,
  telemetryAsControlFlow,
  telemetryNeverDetached,
  telemetryOutlier,
  timerArmedTwice,
  transientTableOwner,
  trapExitInCaller,
  unboundedFanOut,
  unboundedQueue,
  unboundedWait,
  unclosedResource,
  unfixedTableWalk,
  unhandledMessage,
  unknownStateKey,
  unlinkedStart,
  unmonitoredHolder,
  unownedTestProcess,
  unpairedSpan,
  userFunctionInServer,
  waitInCallback,
  watchedCallUncaught,
  wildcardTelemetryEvent,
  wrongAddress,
  wrongExitReason,
  wrongTimerCancel,
];
