package example.larch.ledger;

import java.io.InputStream;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Talks to the bank over mutual TLS. */
final class BankClient {
    static SSLContext context(InputStream store, char[] password) throws Exception {
        KeyStore keys = KeyStore.getInstance("JKS");
        keys.load(store, password);
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, password);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }

    private BankClient() {}
}
