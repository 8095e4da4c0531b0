package cn.yiqian.device;

/** Asked on the calling thread. An exception is a no, and the cause of the call's. */
public interface ConfirmPerson {
    boolean confirm(Person person) throws Exception;
}
