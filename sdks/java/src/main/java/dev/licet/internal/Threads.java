package dev.licet.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** Threads for requests in the background. They keep no process alive, and end when they are idle. */
public final class Threads {
    public static final Executor BACKGROUND = Executors.newCachedThreadPool(Threads::create);

    private Threads() {}

    /** Returns a thread that keeps no process alive. */
    public static Thread create(Runnable task) {
        Thread thread = new Thread(task, "licet");
        thread.setDaemon(true);
        return thread;
    }
}
