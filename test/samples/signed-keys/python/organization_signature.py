import jwt
import time

def generate_signature(app_key: str, app_secret: str) -> str:
    claims = {
        'key': app_key,
        'exp': int(time.time()) + 60,
    }
    return jwt.encode(claims, app_secret, algorithm='HS256')


# What the sample needs to be a program.
import os

print(generate_signature(os.environ['APP_KEY'], os.environ['APP_SECRET']))
