/** Tags of messages that take something back: leave, unsubscribe, release, stop. */
const removalTag = /^(un|de)?(leave|left|remove|delete|drop|unsubscribe|unregister|unlink|detach|checkin|check_in|release|forget|stop_tracking|untrack|unwatch|close|disconnect|deregister|unmonitor|cancel)/;

/** Whether a message's tag says that it takes something back. */
export const isRemoval = (tag: string): boolean => removalTag.test(tag);

/** Whether a message only takes something back or ends the server: one that is gone has nothing left to take back. */
export const isUndoing = (tag: string): boolean => isRemoval(tag) || /^(stop|shutdown|terminate|quit|exit|halt|abort|kill)/.test(tag);
