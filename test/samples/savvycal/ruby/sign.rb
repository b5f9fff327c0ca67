require 'jwt'
require 'openssl'

# Read your private key from a secure location
private_key = OpenSSL::PKey::EC.new(File.read('path/to/private-key.pem'))

# Your signing key ID from the SavvyCal Dashboard
kid = 'kid_f05b815d1852'

# Create the JWT payload with a reasonbly short expiration time (e.g., 1 hour)
payload = {
  sub: 'user_0987654321',
  exp: Time.now.to_i + 3600
}

# Sign the JWT
token = JWT.encode(payload, private_key, 'ES256', { kid: kid })

puts token
