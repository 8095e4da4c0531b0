package org.yiqian.app;

import android.util.Base64;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.json.JSONException;
import org.json.JSONObject;

/** The messages of the page (docs/spec/shell.md): each is checked and answered, on the worker thread, by one of JSON with its id. */
final class Bridge {
    static final int MESSAGE_MAX = 4096;

    interface Reply {
        void send(String message);
    }

    /** Asks the person whether the app may notify. */
    interface NotificationQuestion {
        void ask(NotificationAnswer answer);
    }

    interface NotificationAnswer {
        void allowed(boolean allowed);
    }

    private final Executor worker;
    private final ServerChoice server;
    private final Fingerprint fingerprint;
    private final TaskNotice notice;
    private final NotificationQuestion question;
    private final String version;
    private final boolean development;

    Bridge(Executor worker, ServerChoice server, Fingerprint fingerprint, TaskNotice notice, NotificationQuestion question, String version, boolean development) {
        this.worker = worker;
        this.server = server;
        this.fingerprint = fingerprint;
        this.notice = notice;
        this.question = question;
        this.version = version;
        this.development = development;
    }

    /** A message without a number to answer to is dropped: nobody waits for it. */
    void receive(final String text, final Reply reply) {
        if (text == null || text.length() > MESSAGE_MAX) return;
        final JSONObject message;
        final int id;
        try {
            message = new JSONObject(text);
            if (!(message.opt("id") instanceof Integer)) return;
            id = message.getInt("id");
        } catch (JSONException bad) {
            return;
        }
        try {
            worker.execute(new Runnable() {
                @Override
                public void run() {
                    answer(id, message, reply);
                }
            });
        } catch (RejectedExecutionException full) {
            refuse(id, new ShellException("limit_reached", "too many calls at once"), reply);
        }
    }

    private void answer(int id, JSONObject message, Reply reply) {
        try {
            call(id, message, reply);
        } catch (ShellException why) {
            refuse(id, why, reply);
        } catch (JSONException bad) {
            refuse(id, new ShellException("invalid_argument", "no such call"), reply);
        } catch (RuntimeException maker) {
            // Keystores and sensors of some makers throw what is documented nowhere.
            refuse(id, new ShellException("fingerprint_failed", maker.getClass().getSimpleName()), reply);
        }
    }

    private void call(final int id, JSONObject message, final Reply reply) throws ShellException, JSONException {
        switch (text(message, "call")) {
            case "info":
                result(id, new JSONObject().put("version", version).put("server", server.origin()).put("development", development), reply);
                break;
            case "setServer":
                server.choose(text(message, "url"));
                result(id, new JSONObject(), reply);
                break;
            case "fingerprint":
                boolean available = fingerprint.available();
                result(id, new JSONObject().put("available", available).put("reason", available ? "" : "missing"), reply);
                break;
            case "wrap":
                wrap(text(message, "name"), text(message, "secret"));
                result(id, new JSONObject(), reply);
                break;
            case "unwrap":
                unwrap(id, text(message, "name"), text(message, "prompt"), reply);
                break;
            case "erase":
                fingerprint.erase(text(message, "name"));
                result(id, new JSONObject(), reply);
                break;
            case "allowNotifications":
                question.ask(new NotificationAnswer() {
                    @Override
                    public void allowed(boolean allowed) {
                        try {
                            result(id, new JSONObject().put("allowed", allowed), reply);
                        } catch (JSONException never) {
                            throw new AssertionError(never);
                        }
                    }
                });
                break;
            case "notify":
                if (!(message.opt("tasks") instanceof Integer)) throw new ShellException("invalid_argument", "tasks is a whole number");
                notice.show(message.getInt("tasks"));
                result(id, new JSONObject(), reply);
                break;
            default:
                throw new ShellException("invalid_argument", "no such call");
        }
    }

    private void wrap(String name, String base64) throws ShellException {
        // Android's decoder skips what is no base64.
        if (!base64.matches("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")) throw new ShellException("invalid_argument", "secret is base64");
        byte[] secret = Base64.decode(base64, Base64.NO_WRAP);
        try {
            fingerprint.wrap(name, secret);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    private void unwrap(final int id, String name, String prompt, final Reply reply) throws ShellException {
        fingerprint.unwrap(name, prompt, new Fingerprint.Opened() {
            @Override
            public void opened(byte[] secret) {
                try {
                    result(id, new JSONObject().put("secret", Base64.encodeToString(secret, Base64.NO_WRAP)), reply);
                } catch (JSONException never) {
                    throw new AssertionError(never);
                }
            }

            @Override
            public void refused(ShellException why) {
                refuse(id, why, reply);
            }
        });
    }

    private static String text(JSONObject message, String member) throws ShellException {
        Object value = message.opt(member);
        if (!(value instanceof String)) throw new ShellException("invalid_argument", member + " is a text");
        return (String) value;
    }

    private static void result(int id, JSONObject result, Reply reply) throws JSONException {
        reply.send(new JSONObject().put("id", id).put("result", result).toString());
    }

    private static void refuse(int id, ShellException why, Reply reply) {
        try {
            reply.send(new JSONObject().put("id", id).put("error", why.status).put("detail", why.getMessage()).toString());
        } catch (JSONException never) {
            throw new AssertionError(never);
        }
    }
}
