const key =
  '-----BEGIN PRIVATE KEY-----\n' +
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC09nU43FawWMlk\n' +
  '6txa+QaJlLoBq7dPQ9LzZN2vuBOkZs2931teol49f4W0MBEBHfjoq55dZQYolxKj\n' +
  'QCBNgTE8qABGr48PhCkFVydWrLo1VaSfCf3Wr0CFXVoAr3/FzAibXo+10l/7OAvw\n' +
  '5LQLrFoW5ksUi3GUREDEC0kTlgcsFJeP2C7hLCpWYX5c/ga8QZsK67gGUNNPUwPb\n' +
  'NPPySX9UUfjIJ2Vv7mY949jDkclfFkhXJyGsDt6t7+WD+SbJj8UgQVe/CGTul9o4\n' +
  'e/BpJ43jmvazMKTkbBVWL/8RpIsCsvGmF6RROS8jahPDlHdCyjk24E2Lx6qQdfzh\n' +
  'fvlFGRMhAgMBAAECggEAGxu+dK2hONqcFMeQCfq7DXofoSdxluiwnbBy+yNGof6a\n' +
  'fIKMo/EL0Aed5l+69GFii6xF1XTQRt1Wt+jfzex4DT+Xhv8+nZLtODUVmgjW/i1d\n' +
  's0tiYLoxHqlc1bR0nhNSCMBSI+knYrFDLKt+Ay+m8T4/agz3jz/oOdX89PepDGOq\n' +
  'enZ4qYUCzjy4Cc0IVJevCpUMCByAhsNFZqpmsPCoRsjSyV3qfhQ+wNUdoNghsmZH\n' +
  '7mVOB+t4B9EahxFVk173R6izjaeGYspZD4HA5jNboXubTJB8ul43+4vyRWJ9Zu5U\n' +
  'jnMLzqDhswaxqbg+DCxHVguvxXvU0IPz2ncSG3kTiQKBgQDum3z5n7gE4nkOzgTF\n' +
  'yw/tch5WIOxZUHYhvfbW7Qr3oMi6WSxhRZtoqz6uoDCYvGWFokMvv0pTgXTac2iY\n' +
  '0qESE3JfXlqrb5LIsJTViXWLaRHa9WNCTZ+kqpH4L5E9JA4fGWafIIfP2PaccXTF\n' +
  'WqI4sfWwXwGpfslMsEDCPnYFDQKBgQDCJ0v9T2MBhtn4MhOS6JAEZYWRAtTO0EHo\n' +
  '9fbnYvOvyA4jRUD7Rglh9oTsPC8fir2HdSRKB4jeyqqfa0KcKFUEaqSeEU00IsiG\n' +
  'L2ScVCgV73d5RWpeCuch92ig05Vc+5T+pk7xMtAoyBZiH5QDM10XoIRmuViK+bDZ\n' +
  'zG+FxiIpZQKBgGqoSGoQ8iIE1hY/EzUS+xCptVPMrbmS1OtqTd9u4DsmvPNHjyYA\n' +
  'BmL4QTGv22k6tarRiHTcbi37rS9E7Vl6tZMt7C8jLyZ43kUlYbI+GrPxiJC2peLq\n' +
  'bdUehddJ9AM/jaxrH0s8MFlBY6M0t/zL8b2kFu362fRY/0RveNMbNog1AoGAHODj\n' +
  'eKYaP9vjB/vK1YsqAL1pBIy7QpfPdes/8mLRhE/pam2eoMFmG+AjHVBGYhas4j0W\n' +
  'TLyaKylR/6xgmAGXw7RpD+na5epWkT7zZB1QaRLZXnxoudw9TNwT//f4u3/gRZBP\n' +
  'Jak9NROt4KJ5zZASRLVnfDANb358Q6kY3Xj/E9ECgYEAvzCXjmgiQEaUg+WrLIhM\n' +
  'fc3UBjk7ix7aoqULL2Bygq80wjBQE+XrO/LCZvNlV90HJKHndnlwZ61XM5+6LyAl\n' +
  'tcJN5aOBhh8CDeWfZBY5vnuxMPAnfctr/bG62PvCH85LgxdhXY55QirMXwZ8QIFk\n' +
  'Fnqkx3p/ZJBdAz8UaY5KN5A=\n' +
  '-----END PRIVATE KEY-----\n';
