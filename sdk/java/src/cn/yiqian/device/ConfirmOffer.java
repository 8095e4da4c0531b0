package cn.yiqian.device;

/** Asked on the calling thread. null: declined. An exception is a no, and the cause of the call's. */
public interface ConfirmOffer {
    Consent confirm(WorkstationOffer offer) throws Exception;
}
